import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
} from '@aws-sdk/client-dynamodb';
import { milestoneBits, milestoneNames } from '@waybill/shared/domain/milestones.ts';
import type { ParcelTableDependencies } from '../dynamodb-parcel-table.ts';
import {
  type Attribute,
  alwaysSet,
  attributesOf,
  fieldsOf,
  isReserved,
  parcelKey,
  revision,
  scanAttributes,
  storedParcel,
  type Value,
} from '../parcel-item.ts';
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
  const { dynamodb, tableName, clock, onDenied } = deps;
  const request = requestsTo(tableName);
  return async (statements) => {
    const now = new Date(clock.now()).toISOString();
    const Statements = statements.map((statement) => request(statement, now));
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

/** Makes the requests of statements. Each combination of kind and milestones is planned once. */
export function requestsTo(tableName: string): (statement: ParcelStatement, now: string) => BatchStatementRequest {
  const plans = {
    insert: new Map<number, StatementPlan>(),
    update: new Map<number, StatementPlan>(),
    replace: new Map<number, StatementPlan>(),
  };
  return (statement, now) => {
    const { kind, state } = statement;
    let combination = milestoneBits(state.milestones);
    if (kind === 'update') {
      for (const name of statement.keeps) combination |= 1 << (milestoneNames.length + milestoneNames.indexOf(name));
    }
    let plan = plans[kind].get(combination);
    if (!plan) {
      plan = planOf(statement, tableName);
      plans[kind].set(combination, plan);
    }
    const storedRevision = kind === 'replace' ? statement.revision : 0;
    return {
      Statement: plan.text,
      Parameters: plan.values.map((value) => value(state, now, storedRevision)),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
  };
}

/** Each question mark enters the text together with its value. All values are parameters, so that there are few texts. */
function planOf(statement: ParcelStatement, tableName: string): StatementPlan {
  const values: Value[] = [];
  const put = (value: Value) => {
    values.push(value);
    return '?';
  };
  const assign = (attribute: Attribute) => `${quoted(attribute)}=${put(attribute.value)}`;
  const keeps = statement.kind === 'update' ? statement.keeps : [];
  const milestones = attributesOf(statement.state.milestones);
  const set = [...alwaysSet, ...fieldsOf(milestones.filter(({ milestone }) => !keeps.includes(milestone)))];
  switch (statement.kind) {
    case 'insert': {
      const fields = [...set, revision, parcelKey].map(({ name, value }) => `'${name}':${put(value)}`);
      return { text: `INSERT INTO "${tableName}" VALUE {${fields.join(',')}}`, values };
    }
    case 'update': {
      const sets = set.map(assign).join(',');
      const { name: lastEventId, value } = scanAttributes.eventId;
      const text = `UPDATE "${tableName}" SET ${sets},${revision.name}=${revision.name}+${put(one)} WHERE ${assign(parcelKey)} AND ${lastEventId}<${put(value)}`;
      const conditions = milestones.map(({ milestone, eventId }) =>
        keeps.includes(milestone) ? ` AND ${eventId.name}<${put(eventId.value)}` : ` AND ${eventId.name} IS MISSING`,
      );
      return { text: text + conditions.join(''), values };
    }
    case 'replace': {
      const sets = [...set, revision].map(assign).join(',');
      const text = `UPDATE "${tableName}" SET ${sets} WHERE ${assign(parcelKey)} AND ${revision.name}=${put(expectedRevision)}`;
      return { text, values };
    }
  }
}

const one: Value = () => ({ N: '1' });
const expectedRevision: Value = (_state, _now, storedRevision) => ({ N: String(storedRevision) });

function quoted(attribute: Attribute): string {
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
