import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
} from '@aws-sdk/client-dynamodb';
import { type MilestoneName, milestoneNames } from '@waybill/shared/domain/milestones.ts';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import type { ParcelTableDependencies } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import {
  alwaysSet,
  attributesOf,
  deliveredMark,
  deliveryEventId,
  expiresAt,
  fieldsOf,
  history,
  historyAlone,
  isReserved,
  nothingStored,
  openMarks,
  openShard,
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
  type WriteFacts,
  type WrittenAttribute,
  wholeWrite,
} from '@waybill/shared/parcels/parcel-item.ts';
import type { ExecuteStatements, ParcelStatement, StatementAnswer } from './parcel-statement.ts';

/** DynamoDB's names for the failure of a statement (BatchStatementError's documentation), and for the same failure of a whole call. */
const namesOfCall: Readonly<Record<string, string>> = {
  AccessDenied: 'AccessDeniedException',
  ProvisionedThroughputExceeded: 'ProvisionedThroughputExceededException',
  ResourceNotFound: 'ResourceNotFoundException',
  ThrottlingError: 'ThrottlingException',
  TransactionConflict: 'TransactionConflictException',
};

/**
 * Failures of a call that say nothing about a single update: the call may be refused for one of its statements, and the
 * permission for statements, which is one of its own, may be taken away while the processor runs.
 */
const refusals: ReadonlySet<string> = new Set([
  'ValidationException',
  'AccessDeniedException',
  'UnknownOperationException',
]);

/** As {@link refusals}, of one statement. */
const refusedCodes: ReadonlySet<string> = new Set([
  'ValidationError',
  'ItemCollectionSizeLimitExceeded',
  'AccessDenied',
]);

/** Statements on DynamoDB, by `BatchExecuteStatement`. Calls `onDenied` when the engine or the role does not accept statements, or no longer does. */
export function dynamoDbStatements(
  deps: ParcelTableDependencies & { readonly onDenied: (error: unknown) => void },
): ExecuteStatements {
  const { dynamodb, clock, onDenied } = deps;
  const requestsAt = requestsTo(deps);
  return async (statements) => {
    const Statements = statements.map(requestsAt(clock.now()));
    try {
      const { Responses = [] } = await dynamodb.send(new BatchExecuteStatementCommand({ Statements }));
      const denied = Responses.find(({ Error: failure }) => failure?.Code === 'AccessDenied')?.Error;
      if (denied) onDenied(statementError('AccessDenied', denied.Message));
      return answersTo(statements, Responses);
    } catch (error) {
      if (!(error instanceof Error && refusals.has(error.name))) throw error;
      if (error.name !== 'ValidationException') onDenied(error);
      return statements.map(() => ({ kind: 'refused' }));
    }
  };
}

/** A statement's text, and what each of its question marks stands for. */
type StatementPlan = { readonly text: string; readonly values: readonly Value[] };

export type StatementTarget = ParcelTableSettings & Pick<ParcelTableDependencies, 'tableName'>;

/** Makes the requests of statements at a time, milliseconds since 1970. Each combination of kind and shape is planned once. */
export function requestsTo(
  target: StatementTarget,
): (nowMs: number) => (statement: ParcelStatement) => BatchStatementRequest {
  const { historyEvents, retentionDays } = target;
  const plans = {
    insert: new Map<number, StatementPlan>(),
    update: new Map<number, StatementPlan>(),
    union: new Map<number, StatementPlan>(),
    replace: new Map<number, StatementPlan>(),
  };
  return (nowMs) => {
    const facts = { historyEvents, retentionDays, nowMs, nowUtc: new Date(nowMs).toISOString(), stored: nothingStored };
    return (statement) => {
      const { kind } = statement;
      const state =
        kind === 'union' ? historyAlone(statement.state.parcelId, statement.state.history) : statement.state;
      let combination = shapeOf(state);
      if (kind === 'update') {
        for (const name of statement.keeps) combination |= 1 << (keptFrom + milestoneNames.indexOf(name));
      }
      let plan = plans[kind].get(combination);
      if (!plan) {
        plan = planOf(statement, target);
        plans[kind].set(combination, plan);
      }
      const known: WriteFacts = kind === 'replace' ? { ...facts, stored: statement.stored } : facts;
      return {
        Statement: plan.text,
        Parameters: plan.values.map((value) => value(state, known)),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      };
    };
  };
}

/** Bits beyond those of {@link shapeOf}. */
const keptFrom = 2 + milestoneNames.length;

/** Each question mark enters the text together with its value. All values are parameters, so that there are few texts. */
function planOf(statement: ParcelStatement, target: StatementTarget): StatementPlan {
  const values: Value[] = [];
  const put = (value: Value) => {
    values.push(value);
    return '?';
  };
  const text = textOf(statement, target, put);
  return { text, values };
}

type Put = (value: Value) => string;

function textOf(statement: ParcelStatement, target: StatementTarget, put: Put): string {
  const { tableName } = target;
  const assign = (attribute: WrittenAttribute) => `${quoted(attribute)}=${put(attribute.value)}`;
  const counted = () => `${revision.name}=${revision.name}+${put(one)}`;
  const united = () => `${history.name}=set_add(${history.name},${put(history.value)})`;
  switch (statement.kind) {
    case 'insert': {
      const fields = [...wholeWrite(statement.state, target).set, parcelKey];
      return `INSERT INTO "${tableName}" VALUE {${fields.map(({ name, value }) => `'${name}':${put(value)}`).join(',')}}`;
    }
    case 'update': {
      const { state, keeps } = statement;
      const milestones = attributesOf(state.milestones).filter(({ milestone }) => !keeps.includes(milestone));
      const delivers = milestones.some(({ milestone }) => milestone === 'delivery');
      const set = [...alwaysSet, ...fieldsOf(milestones), ...(delivers && target.retentionDays > 0 ? [expiresAt] : [])];
      const sets = [...set.map(assign), ...(state.history.length > 0 ? [united()] : []), counted()];
      // Also where the delivery was stored before: a processor of 0.1.0 leaves the marks.
      const removes = state.milestones.delivery ? openMarks.map(removal).join('') : '';
      const key = assign(parcelKey);
      return `UPDATE "${tableName}" SET ${sets.join(',')}${removes} WHERE ${[key, ...conditionsOf(state, keeps, target, put)].join(' AND ')}`;
    }
    case 'union': {
      const sets = [united(), counted(), assign(updatedAtUtc)].join(',');
      return `UPDATE "${tableName}" SET ${sets} WHERE ${[assign(parcelKey), ...roomConditions(put)].join(' AND ')}`;
    }
    case 'replace': {
      const { set, remove } = wholeWrite(statement.state, target);
      const sets = set.map(assign).join(',');
      const removes = remove.map(removal).join('');
      return `UPDATE "${tableName}" SET ${sets}${removes} WHERE ${assign(parcelKey)} AND ${revision.name}=${put(expectedRevision)}`;
    }
  }
}

function conditionsOf(
  state: ParcelState,
  keeps: readonly MilestoneName[],
  settings: ParcelTableSettings,
  put: Put,
): string[] {
  const expires = settings.retentionDays > 0;
  const { name, value } = scanAttributes.eventId;
  const conditions = [`${name}<${put(value)}`];
  const hasHistory = state.history.length > 0;
  if (hasHistory) conditions.push(...roomConditions(put));
  else conditions.push(`${history.name} IS MISSING`, `${removed.name} IS MISSING`);
  for (const { milestone, eventId } of attributesOf(state.milestones)) {
    if (keeps.includes(milestone)) conditions.push(`${eventId.name}<${put(eventId.value)}`);
    else conditions.push(`${eventId.name} IS MISSING`);
    if (milestone === 'delivery' && keeps.includes(milestone) && expires) conditions.push(isThere(expiresAt));
  }
  // An item with a history has its open marks or its delivery, too; when it expires may not have been kept yet.
  if (!state.milestones.delivery) {
    if (expires || !hasHistory) conditions.push(`(${isThere(openShard)} OR ${isThere(deliveredMark(settings))})`);
    // A processor of 0.1.0 that stores a delivery leaves the open marks.
    conditions.push(`(${openShard.name} IS MISSING OR ${deliveryEventId.name} IS MISSING)`);
  }
  return conditions;
}

function roomConditions(put: Put): string[] {
  return [`size(${history.name})<=${put(room)}`, `${removed.name} IS MISSING`];
}

const removal = ({ name }: WrittenAttribute) => ` REMOVE ${name}`;
const isThere = ({ name }: WrittenAttribute) => `${name} IS NOT MISSING`;

const one: Value = () => ({ N: '1' });
const expectedRevision: Value = (_, { stored }) => ({ N: String(stored.revision) });

function quoted(attribute: WrittenAttribute): string {
  return isReserved(attribute) ? `"${attribute.name}"` : attribute.name;
}

function answersTo(
  statements: readonly ParcelStatement[],
  responses: readonly BatchStatementResponse[],
): StatementAnswer[] {
  const failures = new Map<string, Error>();
  return statements.map(({ kind, state: { parcelId } }, index): StatementAnswer => {
    const response = responses[index];
    if (response && !response.Error) return { kind: 'done' };
    const { Message, Item } = response?.Error ?? {};
    const code: string = response?.Error?.Code ?? 'NotAnswered';
    if (refusedCodes.has(code)) return { kind: 'refused' };
    if (code === 'ConditionalCheckFailed' || (code === 'DuplicateItem' && kind === 'insert')) {
      if (!Item) return { kind: 'missed' };
      try {
        return { kind: 'unmet', stored: storedParcel(Item, parcelId) };
      } catch {
        // Such an item cannot be read, but a single update of it may be in order.
        return { kind: 'refused' };
      }
    }
    const failure = failures.get(code) ?? statementError(code, Message);
    failures.set(code, failure);
    return { kind: 'failed', error: failure };
  });
}

/** The failure of a statement, as the error that a whole call would fail with. */
export function statementError(code: string, message: string | undefined): Error {
  return Object.assign(new Error(message ?? code), { name: namesOfCall[code] ?? code });
}
