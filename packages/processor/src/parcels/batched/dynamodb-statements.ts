import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
  type ConsumedCapacity,
} from '@aws-sdk/client-dynamodb';
import type { ParcelState } from '@waybill/shared/domain/parcel-state.ts';
import { tables } from '@waybill/shared/resources.ts';
import type { ParcelTableDependencies } from '../dynamodb-parcel-table.ts';
import { type MilestoneName, storedParcel } from '../parcel-item.ts';
import type { ExecuteStatements, ParcelStatement, StatementAnswer } from './parcel-statement.ts';

const key = tables.parcels.key.name;
const scan = ['lastEventId', 'type', 'statusCode', 'runId', 'createdDateTimeUtc', 'updatedAtUtc'];

/** Answers a statement's text. All values are parameters, so that there are few texts and each is put together once. */
type Texts = (statement: ParcelStatement) => string;

/** DynamoDB's names of a statement's failure (BatchStatementError's documentation), and those of the same failure of a whole call. */
const namesOfCall: Readonly<Record<string, string>> = {
  AccessDenied: 'AccessDeniedException',
  ProvisionedThroughputExceeded: 'ProvisionedThroughputExceededException',
  ResourceNotFound: 'ResourceNotFoundException',
  ThrottlingError: 'ThrottlingException',
  TransactionConflict: 'TransactionConflictException',
};

/**
 * Failures of a call that say nothing of a single update: one statement may be refused for all, and the permission for
 * statements, which is one of its own, may go while the processor runs.
 */
const refusals: ReadonlySet<string> = new Set([
  'ValidationException',
  'AccessDeniedException',
  'UnknownOperationException',
]);

/** Statements on DynamoDB, by `BatchExecuteStatement`. `onDenied` is told when engine or role take none, or no more. */
export function dynamoDbStatements(
  dependencies: ParcelTableDependencies & { readonly onDenied: (error: unknown) => void },
): ExecuteStatements {
  const { dynamodb, tableName, clock, metrics, onDenied } = dependencies;
  const texts = textsFor(tableName);
  return async (statements) => {
    const now = new Date(clock.now()).toISOString();
    const Statements = statements.map((statement) => requestOf(statement, texts, now));
    metrics['waybill.store.writes'].add(1, { table: 'parcels' });
    metrics['waybill.store.statements'].add(statements.length);
    try {
      const answer = await dynamodb.send(
        new BatchExecuteStatementCommand({ Statements, ReturnConsumedCapacity: 'TOTAL' }),
      );
      const responses = answer.Responses ?? [];
      const denied = responses.find(({ Error: failure }) => failure?.Code === 'AccessDenied')?.Error;
      if (denied) onDenied(named('AccessDenied', denied.Message));
      const answers = answersTo(statements, responses);
      metrics['waybill.store.write_units'].add(unitsSpent(answer.ConsumedCapacity, statements, answers), {
        table: 'parcels',
      });
      return answers;
    } catch (error) {
      if (!(error instanceof Error && refusals.has(error.name))) throw error;
      if (error.name !== 'ValidationException') onDenied(error);
      return statements.map(() => ({ kind: 'refused' }));
    }
  };
}

/**
 * Whether this engine, and this role, takes every kind of statement. Nothing is written: no parcel has the id 0, and an
 * insert with a key of the wrong type is refused by an engine that understands and allows it.
 */
export async function takesStatements({
  dynamodb,
  tableName,
}: Pick<ParcelTableDependencies, 'dynamodb' | 'tableName'>): Promise<boolean> {
  const texts = textsFor(tableName);
  const milestone = { eventId: 1, timeUtc: '' };
  const latest = { eventId: 1, type: '', statusCode: '', runId: '', createdDateTimeUtc: '' };
  const nobody: ParcelState = { parcelId: 0, latest, pickup: milestone, delivery: milestone };
  const asked: readonly (readonly [BatchStatementRequest, string])[] = [
    [requestOf({ kind: 'update', state: nobody, keeps: ['delivery'] }, texts, ''), 'ConditionalCheckFailed'],
    [requestOf({ kind: 'replace', state: nobody, revision: 0 }, texts, ''), 'ConditionalCheckFailed'],
    [{ Statement: `INSERT INTO "${tableName}" VALUE {'${key}': ?}`, Parameters: [{ S: '-' }] }, 'ValidationError'],
  ];
  // One to a call: the first two have the same key.
  for (const [statement, expected] of asked) {
    const { Code, Message } = await failureOf(dynamodb, statement);
    if (Code === expected) continue;
    if (Code === undefined) return false;
    throw named(Code, Message);
  }
  return true;
}

/** How a statement alone fails; an engine that refuses the whole call for its fault says the same by that. */
async function failureOf(
  dynamodb: ParcelTableDependencies['dynamodb'],
  statement: BatchStatementRequest,
): Promise<{ readonly Code?: string | undefined; readonly Message?: string | undefined }> {
  try {
    const { Responses } = await dynamodb.send(new BatchExecuteStatementCommand({ Statements: [statement] }));
    return Responses?.[0]?.Error ?? {};
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ValidationException') throw error;
    return { Code: 'ValidationError', Message: error.message };
  }
}

function textsFor(tableName: string): Texts {
  const texts = new Map<string, string>();
  return (statement) => {
    const { pickup, delivery } = statement.state;
    const keeps = statement.kind === 'update' ? statement.keeps : [];
    const name = `${statement.kind} ${pickup ? 'p' : ''}${delivery ? 'd' : ''} ${keeps.join()}`;
    let text = texts.get(name);
    if (text === undefined) {
      text = textOf(statement, tableName);
      texts.set(name, text);
    }
    return text;
  };
}

/** `type` is a reserved word of PartiQL. */
const quoted = (name: string) => (name === 'type' ? '"type"' : name);

function textOf(statement: ParcelStatement, tableName: string): string {
  const milestones = milestonesOf(statement.state);
  const keeps = statement.kind === 'update' ? statement.keeps : [];
  const set = [...scan, ...milestones.filter((name) => !keeps.includes(name)).flatMap(attributesOf)];
  const sets = set.map((name) => `${quoted(name)}=?`).join(',');
  switch (statement.kind) {
    case 'insert':
      return `INSERT INTO "${tableName}" VALUE {${[...set, 'revision', key].map((name) => `'${name}':?`).join(',')}}`;
    case 'update': {
      const conditions = milestones.map((name) => `${name}EventId${keeps.includes(name) ? '<?' : ' IS MISSING'}`);
      const where = [`${key}=?`, 'lastEventId<?', ...conditions].join(' AND ');
      return `UPDATE "${tableName}" SET ${sets},revision=revision+? WHERE ${where}`;
    }
    case 'replace':
      return `UPDATE "${tableName}" SET ${sets},revision=? WHERE ${key}=? AND revision=?`;
  }
}

function milestonesOf({ pickup, delivery }: ParcelState): MilestoneName[] {
  return [...(pickup ? (['pickup'] as const) : []), ...(delivery ? (['delivery'] as const) : [])];
}

function attributesOf(name: MilestoneName): string[] {
  return [`${name}TimeUtc`, `${name}EventId`];
}

/** The parameters in the order of {@link textOf}'s question marks. */
function requestOf(statement: ParcelStatement, texts: Texts, now: string): BatchStatementRequest {
  const { kind, state } = statement;
  const { latest } = state;
  const keeps = kind === 'update' ? statement.keeps : [];
  const lastEventId: AttributeValue = { N: String(latest.eventId) };
  const parameters: AttributeValue[] = [
    lastEventId,
    { S: latest.type },
    { S: latest.statusCode },
    { S: latest.runId },
    { S: latest.createdDateTimeUtc },
    { S: now },
  ];
  const kept: AttributeValue[] = [];
  for (const name of ['pickup', 'delivery'] as const) {
    const milestone = state[name];
    if (!milestone) continue;
    const eventId: AttributeValue = { N: String(milestone.eventId) };
    if (keeps.includes(name)) kept.push(eventId);
    else parameters.push({ S: milestone.timeUtc }, eventId);
  }
  const parcelId: AttributeValue = { N: String(state.parcelId) };
  if (kind === 'insert') parameters.push({ N: '1' }, parcelId);
  else if (kind === 'update') parameters.push({ N: '1' }, parcelId, lastEventId, ...kept);
  else parameters.push({ N: String(statement.revision + 1) }, parcelId, { N: String(statement.revision) });
  return {
    Statement: texts(statement),
    Parameters: parameters,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

/** As {@link refusals}, of one statement. */
const refusedCodes: ReadonlySet<string> = new Set([
  'ValidationError',
  'ItemCollectionSizeLimitExceeded',
  'AccessDenied',
]);

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
        // It cannot be read, but a single update may be in order all the same.
        return { kind: 'refused' };
      }
    }
    const failure = failures.get(code) ?? named(code, Message);
    failures.set(code, failure);
    return { kind: 'failed', error: failure };
  });
}

/** A statement's failure as the error that the same failure of a whole call is. */
function named(code: string, message: string | undefined): Error {
  return Object.assign(new Error(message ?? code), { name: namesOfCall[code] ?? code });
}

/** Characters that all texts of a parcel may have together so that its item, names and numbers included, is one write unit: 1 KiB, three bytes a character. */
const textsInOneUnit = 200;
/** Bytes of an item beside its texts: names, numbers, the dates of two milestones. */
const otherBytes = 400;

/** Write units of one call. Where the engine does not tell, what ran is counted; what was refused or throttled is not billed. */
function unitsSpent(
  reported: readonly ConsumedCapacity[] | undefined,
  statements: readonly ParcelStatement[],
  answers: readonly StatementAnswer[],
): number {
  if (reported && reported.length > 0) return reported.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
  const ran = statements.filter((_, index) => {
    const kind = answers[index]?.kind;
    return kind === 'done' || kind === 'missed' || kind === 'unmet';
  });
  return ran.reduce((sum, { state }) => sum + unitsOf(state), 0);
}

/** Write units of this item where the engine does not tell: one to each KiB begun (DynamoDB's documentation, "Read and write capacity"). */
function unitsOf({ latest }: ParcelState): number {
  const { type, statusCode, runId, createdDateTimeUtc } = latest;
  if (type.length + statusCode.length + runId.length + createdDateTimeUtc.length <= textsInOneUnit) return 1;
  const bytes = Buffer.byteLength(type + statusCode + runId + createdDateTimeUtc) + otherBytes;
  return Math.ceil(bytes / 1_024);
}
