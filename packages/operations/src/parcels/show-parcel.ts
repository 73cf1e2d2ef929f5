import { ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbCheckpointStore } from '@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts';
import type { Clock } from '@waybill/shared/clock.ts';
import type { StageMapping } from '@waybill/shared/domain/stage.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { type ParcelView, parcelShape, parcelView } from '@waybill/shared/parcels/parcel-view.ts';
import { parcelIn } from '@waybill/shared/parcels/read-parcels.ts';
import { z } from 'zod';
import type { Deployment } from '../deployment.ts';
import { type FailureList, failureList, listedFailureShape } from '../failures/failure-list.ts';
import { unresolvedIndexState } from '../failures/read-unresolved.ts';
import { notificationShape } from '../notifications/notification-view.ts';
import { notificationsOfParcel } from '../notifications/read-notifications.ts';
import { type ParcelReading, readParcelItem } from './read-parcels.ts';

export type ParcelQuestion = ParcelReading & {
  readonly deployment: Pick<Deployment, 'checkpointsTable' | 'failuresTable' | 'feed' | 'notificationsTable'>;
  readonly clock: Pick<Clock, 'now'>;
  /** What `STAGES` says. */
  readonly mapping: StageMapping;
};

/** What every answer about parcels says of its age. */
export const freshnessShape = z.strictObject({
  /** The id through which everything is confirmed on the queue; null where nobody knows it yet. */
  completeThroughEventId: z.number().nullable(),
  asOfUtc: z.string(),
});

type Freshness = z.infer<typeof freshnessShape>;

export const parcelAnswerShape = parcelShape.extend({
  ...freshnessShape.shape,
  /** Records of the parcel's failures that are not resolved, without their bodies; the latest first. */
  failures: z.array(listedFailureShape),
  notifications: z.array(notificationShape),
  /** What failures and notifications may lack, a sentence each. */
  notLookedAt: z.array(z.string()),
});

export type ParcelAnswer = z.infer<typeof parcelAnswerShape>;

/** What is known of a parcel, stored or not. */
export type KnownOfParcel = Pick<ParcelAnswer, 'failures' | 'notifications' | 'notLookedAt'> & {
  readonly freshness: Freshness;
  /** Undefined where it is not stored. */
  readonly parcel: ParcelView | undefined;
};

/** Failures that a parcel's answer shows, at most. */
const mostFailures = 100;

/** Unresolved failures that are looked through for those of one parcel, the newest first. */
const mostLookedAt = 10_000;

/** Asks the feed's checkpoint how far everything is there. */
export async function readFreshness({ dynamodb, deployment, clock }: ParcelQuestion): Promise<Freshness> {
  const { checkpointsTable: tableName, feed } = deployment;
  const asOfUtc = new Date(clock.now()).toISOString();
  const checkpoint = await dynamoDbCheckpointStore({ dynamodb, tableName, feed }).read();
  return { completeThroughEventId: checkpoint?.watermark ?? null, asOfUtc };
}

/** A parcel as the API returns it, by a consistent read; undefined where it is not stored. */
export async function readParcel(
  question: ParcelQuestion,
  parcelId: number,
  signal: AbortSignal,
): Promise<ParcelView | undefined> {
  const item = await readParcelItem(question, parcelId, signal);
  return item && parcelView(parcelIn(item, parcelId), question.mapping);
}

/**
 * All that is known of a parcel. Rejects with `NOT_FOUND` where it is not stored, which says what is known all the same and
 * where to look; with `STORE_REJECTED` where the stored item is not a parcel; with the engines' errors.
 */
export async function showParcel(
  question: ParcelQuestion,
  parcelId: number,
  signal: AbortSignal,
): Promise<ParcelAnswer> {
  const { parcel, freshness, ...known } = await knownOfParcel(question, parcelId, signal);
  if (!parcel) throw notStored(parcelId, freshness, known.failures.length);
  return { ...parcel, ...freshness, ...known };
}

/**
 * The same, where "it is not stored" is a result as any other.
 *
 * @param scans whether the table of failures is read whole where it has no index: else the result says that it was not
 */
export async function knownOfParcel(
  question: ParcelQuestion,
  parcelId: number,
  signal: AbortSignal,
  { scans } = { scans: true },
): Promise<KnownOfParcel> {
  const [freshness, parcel, found, notifications] = await Promise.all([
    readFreshness(question),
    readParcel(question, parcelId, signal),
    failuresOf(question, parcelId, signal, scans),
    notificationsWhereThere(question, parcelId, signal),
  ]);
  return {
    parcel,
    freshness,
    failures: [...found.failures],
    notifications: [...notifications.found],
    notLookedAt: [...notesOn(found), ...notifications.notes],
  };
}

async function failuresOf(
  question: ParcelQuestion,
  parcelId: number,
  signal: AbortSignal,
  scans: boolean,
): Promise<FailureList> {
  const deps = { documents: DynamoDBDocumentClient.from(question.dynamodb), deployment: question.deployment };
  const index = scans ? undefined : await unresolvedIndexState(deps);
  if (index?.isReady === false) return { failures: [], isMoreThan: false, notes: [`not looked for: ${index.why}`] };
  const context = { signal, onProgress: () => undefined };
  return await failureList(deps, { parcelId, limit: mostFailures }, context, mostLookedAt);
}

/** An environment's tables are named by rule, whether or not it has them: one that notifies nobody has no notifications. */
async function notificationsWhereThere(question: ParcelQuestion, parcelId: number, signal: AbortSignal) {
  try {
    return { found: await notificationsOfParcel(question, parcelId, signal), notes: [] };
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    return { found: [], notes: [`notifications: there is no table ${question.deployment.notificationsTable}`] };
  }
}

function notesOn({ failures, isMoreThan, notes }: FailureList): string[] {
  const isCut = isMoreThan && notes.length === 0;
  return [...notes, ...(isCut ? [`the parcel has more failures than these ${failures.length}`] : [])].map(
    (note) => `failures: ${note}`,
  );
}

function notStored(parcelId: number, { completeThroughEventId }: Freshness, failures: number): WaybillError {
  const through =
    completeThroughEventId === null
      ? 'it is not known yet through which EventId the feed is complete'
      : `the feed is on the queue through EventId ${completeThroughEventId}`;
  const failed = failures === 0 ? 'no failure of it is on record' : `${failures} of its failures are on record`;
  const next =
    failures > 0
      ? `waybill failures list --parcel ${parcelId}`
      : `waybill status; if a scan of it has an EventId N below the position, "waybill replay --from N --to N" reads it again`;
  return new WaybillError('NOT_FOUND', `parcel ${parcelId} is not stored: ${through}, and ${failed}`, {
    details: { parcelId, completeThroughEventId, failures, next },
  });
}
