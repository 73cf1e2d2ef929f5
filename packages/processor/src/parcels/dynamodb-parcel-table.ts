import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '@waybill/shared/clock.ts';
import { type Milestones, milestoneBits } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { describeError, WaybillError } from '@waybill/shared/error.ts';
import { namesAnIndexKey } from './index-key-error.ts';
import {
  type Attribute,
  alwaysSet,
  attributesOf,
  fieldsOf,
  type Item,
  isReserved,
  parcelKey,
  revision,
  scanAttributes,
  storedParcel,
  type Value,
} from './parcel-item.ts';
import type { ConditionalWrite, ParcelTable } from './parcel-table.ts';

export type ParcelTableDependencies = {
  readonly dynamodb: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Pick<Clock, 'now'>;
};

/** An update's texts, with what their placeholders stand for. It is the same for all states with the same milestones. */
type Update = {
  readonly update: string;
  readonly condition: string;
  readonly values: readonly (readonly [placeholder: string, value: Value])[];
};

/** The parcels table on DynamoDB, one `UpdateItem` to a change. Never a `PutItem`: attributes of newer versions survive. */
export function dynamoDbParcelTable(deps: ParcelTableDependencies): ParcelTable {
  return {
    apply: (change) => conditionalUpdate(deps, change, applying(change), 0),
    replace: (state, revision) => conditionalUpdate(deps, state, replacing(state), revision),
  };
}

const applying = forEachMilestones((milestones, put) => {
  const attributes = attributesOf(milestones);
  const sets = [
    ...alwaysSet.map((attribute) => `${nameOf(attribute)} = ${put(attribute.value)}`),
    ...fieldsOf(attributes).map(({ name, value }) => `${name} = if_not_exists(${name}, ${put(value)})`),
    `${revision.name} = if_not_exists(${revision.name}, ${put(zero)}) + ${put(one)}`,
  ];
  /*
   * The ways in which a change can be in order, written out: AND binds before OR. Without parentheses because a nested
   * pair makes an engine whose parser backtracks (dynalite) take 2 ms instead of 0.5 for one write.
   */
  const ways = attributes.reduce(
    (each, { eventId: { name, value } }) =>
      each.flatMap((way) => [`${way} AND attribute_not_exists(${name})`, `${way} AND ${name} < ${put(value)}`]),
    [`${scanAttributes.eventId.name} < ${put(scanAttributes.eventId.value)}`],
  );
  return {
    update: `SET ${sets.join(', ')}`,
    condition: [`attribute_not_exists(${parcelKey.name})`, ...ways].join(' OR '),
  };
});

const replacing = forEachMilestones((milestones, put) => {
  const attributes = [...alwaysSet, ...fieldsOf(attributesOf(milestones)), revision];
  const sets = attributes.map((attribute) => `${nameOf(attribute)} = ${put(attribute.value)}`);
  return { update: `SET ${sets.join(', ')}`, condition: `${revision.name} = ${put(expectedRevision)}` };
});

/**
 * Makes an update for each set of milestones once, the texts and their values in one pass.
 *
 * @param make puts the texts together; `put` takes a value and returns its placeholder
 */
function forEachMilestones(
  make: (milestones: Milestones, put: (value: Value) => string) => Omit<Update, 'values'>,
): (state: ParcelState) => Update {
  const updates: Update[] = [];
  return ({ milestones }) => {
    const bits = milestoneBits(milestones);
    const known = updates[bits];
    if (known) return known;
    const placeholders = new Map<Value, string>();
    const made = make(milestones, (value) => {
      const placeholder = placeholders.get(value) ?? `:${placeholders.size}`;
      placeholders.set(value, placeholder);
      return placeholder;
    });
    const values = [...placeholders].map(([value, placeholder]) => [placeholder, value] as const);
    const update = { ...made, values };
    updates[bits] = update;
    return update;
  };
}

const zero: Value = () => ({ N: '0' });
const one: Value = () => ({ N: '1' });
const expectedRevision: Value = (_state, _now, stored) => ({ N: String(stored) });

function nameOf(attribute: Attribute): string {
  return isReserved(attribute) ? `#${attribute.name}` : attribute.name;
}

const quotedNames = Object.fromEntries(
  alwaysSet.filter(isReserved).map((attribute) => [nameOf(attribute), attribute.name]),
);

async function conditionalUpdate(
  deps: ParcelTableDependencies,
  state: ParcelState,
  { update, condition, values }: Update,
  stored: number,
): Promise<ConditionalWrite> {
  const { dynamodb, tableName, clock } = deps;
  const now = new Date(clock.now()).toISOString();
  const ExpressionAttributeValues: Item = {};
  for (const [placeholder, value] of values) ExpressionAttributeValues[placeholder] = value(state, now, stored);
  try {
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: keyOf(state),
        UpdateExpression: update,
        ConditionExpression: condition,
        ExpressionAttributeNames: quotedNames,
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
    if (namesTheItem(error) && !namesAnIndexKey(error)) {
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
