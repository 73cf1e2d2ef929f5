import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../clock.ts';
import type { ParcelState } from '../domain/parcel-state.ts';
import { describeError, WaybillError } from '../error.ts';
import { namesAnIndexKey } from './index-key-error.ts';
import {
  alwaysSet,
  attributesOf,
  deliveryEventId,
  expiresAt,
  fieldsOf,
  history,
  historyAlone,
  type Item,
  isReserved,
  nothingStored,
  openMarks,
  type ParcelTableSettings,
  parcelKey,
  removed,
  revision,
  room,
  scanAttributes,
  shapeOf,
  storedParcel,
  updatedAtUtc,
  type Value,
  type WrittenAttribute,
  wholeWrite,
} from './parcel-item.ts';
import type { Bookkeeping, ConditionalWrite, ParcelTable } from './parcel-table.ts';
import { secondLook } from './second-look.ts';

export type ParcelTableDependencies = ParcelTableSettings & {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
};

/** An update's texts, with what their placeholders stand for. It is the same for all states of one shape. */
type Update = {
  readonly update: string;
  readonly condition: string;
  /** An engine refuses a name that no text has. */
  readonly names: Readonly<Record<string, string>> | undefined;
  readonly values: readonly (readonly [placeholder: string, value: Value])[];
};

type Texts = Pick<Update, 'update' | 'condition'>;

/** The parcels table on DynamoDB, one `UpdateItem` to a change. Never a `PutItem`: attributes of newer versions survive. */
export function dynamoDbParcelTable(deps: ParcelTableDependencies): ParcelTable {
  const context = { ...deps, lookAgain: secondLook(deps) };
  const applying = forEachShape((state, put) => applyingUpdate(state, deps, put));
  const replacing = forEachShape((state, put) => replacingUpdate(state, deps, put));
  return {
    historyEvents: deps.historyEvents,
    apply: (change) => conditionalUpdate(context, change, applying(change), nothingStored),
    addHistory: (parcelId, added) => {
      const state = historyAlone(parcelId, added);
      return conditionalUpdate(context, state, addingHistory(state), nothingStored);
    },
    replace: (state, stored) => conditionalUpdate(context, state, replacing(state), stored),
  };
}

/** Takes a value and returns its placeholder. */
type Put = (value: Value) => string;

/**
 * Creates the item or changes it, in one text, so nothing may be set that an item would have to be without. What is
 * refused for that is merged: a later scan of a delivered parcel, which must not be marked as open again, and an item that
 * another release has written.
 */
function applyingUpdate(state: ParcelState, { retentionDays }: ParcelTableSettings, put: Put): Texts {
  const attributes = attributesOf(state.milestones);
  const isDelivered = state.milestones.delivery !== undefined;
  const expires = isDelivered && retentionDays > 0;
  const once = [...fieldsOf(attributes), ...(isDelivered ? [] : openMarks), ...(expires ? [expiresAt] : [])];
  const sets = [
    ...alwaysSet.map((attribute) => assign(attribute, put)),
    ...once.map(({ name, value }) => `${name} = if_not_exists(${name}, ${put(value)})`),
    `${revision.name} = if_not_exists(${revision.name}, ${put(zero)}) + ${put(one)}`,
  ];
  const hasHistory = state.history.length > 0;
  const alike = [
    `${scanAttributes.eventId.name} < ${put(scanAttributes.eventId.value)}`,
    hasHistory ? `size(${history.name}) <= ${put(room)}` : `attribute_not_exists(${history.name})`,
    `attribute_not_exists(${removed.name})`,
    // Its open marks say less: a processor of 0.1.0 that stores a delivery leaves them.
    ...(isDelivered ? [] : [`attribute_not_exists(${deliveryEventId.name})`]),
  ];
  /*
   * The ways in which a change can be in order, written out: AND binds before OR. Without parentheses because a nested
   * pair makes an engine whose parser backtracks (dynalite) take 2 ms instead of 0.5 for one write.
   */
  const ways = attributes.reduce(
    (each, { milestone, eventId: { name, value } }) => {
      const keeps = [`${name} < ${put(value)}`];
      if (milestone === 'delivery' && expires) keeps.push(`attribute_exists(${expiresAt.name})`);
      return each.flatMap((way) => [`${way} AND attribute_not_exists(${name})`, [way, ...keeps].join(' AND ')]);
    },
    [alike.join(' AND ')],
  );
  return {
    update: [
      `SET ${sets.join(', ')}`,
      ...(isDelivered ? [`REMOVE ${openMarks.map(({ name }) => name).join(', ')}`] : []),
      ...(hasHistory ? [`ADD ${history.name} ${put(history.value)}`] : []),
    ].join(' '),
    condition: [`attribute_not_exists(${parcelKey.name})`, ...ways].join(' OR '),
  };
}

function replacingUpdate(state: ParcelState, settings: ParcelTableSettings, put: Put): Texts {
  const { set, remove } = wholeWrite(state, settings);
  const removes = remove.length > 0 ? ` REMOVE ${remove.map(nameOf).join(', ')}` : '';
  return {
    update: `SET ${set.map((attribute) => assign(attribute, put)).join(', ')}${removes}`,
    condition: `${revision.name} = ${put(expectedRevision)}`,
  };
}

/** Counts the revision up, so that no merge that did not see the addition can replace it. */
const addingHistory = forEachShape((_, put) => ({
  update: `SET ${revision.name} = ${revision.name} + ${put(one)}, ${assign(updatedAtUtc, put)} ADD ${history.name} ${put(history.value)}`,
  condition: `size(${history.name}) <= ${put(room)} AND attribute_not_exists(${removed.name})`,
}));

function assign(attribute: WrittenAttribute, put: Put): string {
  return `${nameOf(attribute)} = ${put(attribute.value)}`;
}

/** Makes an update for each shape of a state once, the texts and their values in one pass. */
function forEachShape(make: (state: ParcelState, put: Put) => Texts): (state: ParcelState) => Update {
  const updates: Update[] = [];
  return (state) => {
    const shape = shapeOf(state);
    const known = updates[shape];
    if (known) return known;
    const placeholders = new Map<Value, string>();
    const made = make(state, (value) => {
      const placeholder = placeholders.get(value) ?? `:${placeholders.size}`;
      placeholders.set(value, placeholder);
      return placeholder;
    });
    const values = [...placeholders].map(([value, placeholder]) => [placeholder, value] as const);
    const names = reservedNames.some((name) => made.update.includes(name)) ? quotedNames : undefined;
    const update = { ...made, names, values };
    updates[shape] = update;
    return update;
  };
}

const zero: Value = () => ({ N: '0' });
const one: Value = () => ({ N: '1' });
const expectedRevision: Value = (_, { stored }) => ({ N: String(stored.revision) });

function nameOf(attribute: WrittenAttribute): string {
  return isReserved(attribute) ? `#${attribute.name}` : attribute.name;
}

const quotedNames = Object.fromEntries(
  alwaysSet.filter(isReserved).map((attribute) => [nameOf(attribute), attribute.name]),
);
const reservedNames = Object.keys(quotedNames);

async function conditionalUpdate(
  deps: ParcelTableDependencies & { readonly lookAgain: () => Promise<void> },
  state: ParcelState,
  { update, condition, values, names }: Update,
  stored: Bookkeeping,
): Promise<ConditionalWrite> {
  const { dynamodb, tableName, clock, historyEvents, retentionDays } = deps;
  const nowMs = clock.now();
  const facts = { historyEvents, retentionDays, nowMs, nowUtc: new Date(nowMs).toISOString(), stored };
  const ExpressionAttributeValues: Item = {};
  for (const [placeholder, value] of values) ExpressionAttributeValues[placeholder] = value(state, facts);
  try {
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: keyOf(state),
        UpdateExpression: update,
        ConditionExpression: condition,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { done: true };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      // Some engines do not return the old item with a failed condition.
      const item = error.Item ?? (await readItem(deps, state));
      return { done: false, stored: item && storedParcel(item, state.parcelId) };
    }
    if (!namesTheItem(error)) throw error;
    await deps.lookAgain();
    if (!namesAnIndexKey(error)) {
      /*
       * The stored item may be at fault: then reading it says so. Or the table may have another key, which is all that an
       * engine can refuse a read for: a refused read is the engine's failure.
       */
      const item = await readItem(deps, state);
      if (item) storedParcel(item, state.parcelId);
      throw new WaybillError('STORE_REJECTED', `DynamoDB rejects parcel ${state.parcelId}: ${describeError(error)}`, {
        cause: error,
      });
    }
    throw error;
  }
}

async function readItem(
  { dynamodb, tableName }: ParcelTableDependencies,
  state: ParcelState,
): Promise<Item | undefined> {
  const answer = await dynamodb.send(
    new GetItemCommand({ TableName: tableName, Key: keyOf(state), ConsistentRead: true }),
  );
  return answer.Item;
}

function keyOf({ parcelId }: ParcelState): Item {
  return { [parcelKey.name]: { N: String(parcelId) } };
}

/** Every other error, unknown ones included, is the engine's (design, "Settling"). */
function namesTheItem(error: unknown): error is Error {
  return (
    error instanceof Error &&
    (error.name === 'ValidationException' || error.name === 'ItemCollectionSizeLimitExceededException')
  );
}
