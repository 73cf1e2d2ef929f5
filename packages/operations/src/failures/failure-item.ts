import { z } from 'zod';

/** What the index `unresolved` holds of a failure. Times are ISO dates and times in UTC. */
export type ListedFailure = {
  readonly failureId: string;
  readonly reason: string;
  /** In words, with ids; never the payload. */
  readonly detail: string;
  /** Failures counted: the one in a message with others, too. */
  readonly attempts: number;
  /** Null where nobody knows the parcel. */
  readonly parcelId: number | null;
  readonly firstFailedAtUtc: string;
  readonly lastFailedAtUtc: string;
};

/** With the trace of its message, where that was traced: 32 hex digits. The index has no place for it. */
export type TracedFailure = ListedFailure & { readonly traceId?: string | undefined };

/** A failure record without its body. */
export type FailureRecord = TracedFailure & {
  /** Null while it is not resolved. */
  readonly resolvedAtUtc: string | null;
  /** When DynamoDB may delete the record; null where nothing says so. */
  readonly expiresAtUtc: string | null;
};

/** What a list of failures shows. A question for these names reads no body into memory. */
export const listedAttributes = [
  'failureId',
  'reason',
  'detail',
  'attempts',
  'parcelId',
  'firstFailedAtUtc',
  'lastFailedAtUtc',
] as const;

export const recordAttributes = [...listedAttributes, 'traceId', 'resolvedAtUtc', 'expiresAt'] as const;

/** A projection of these attributes: some attributes of tables are reserved words. */
export function projectionOf(attributes: readonly string[]) {
  return {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
}

// One record that a person has changed by hand must not hide all others.
const text = z.string().catch('');
const maybeText = z.string().nullable().catch(null);

const storedFailure = z.object({
  failureId: z.string(),
  reason: text,
  detail: text,
  attempts: z.int().nonnegative().catch(0),
  parcelId: z.int().nullable().catch(null),
  firstFailedAtUtc: text,
  lastFailedAtUtc: text,
});
const storedRecord = storedFailure.extend({
  traceId: z.string().optional().catch(undefined),
  resolvedAtUtc: maybeText,
  expiresAt: z.int().nullable().catch(null),
});

type Item = Readonly<Record<string, unknown>>;

export function listedFailureOf(item: Item): ListedFailure {
  return storedFailure.parse(item);
}

export function failureRecordOf(item: Item): FailureRecord {
  const { expiresAt, ...record } = storedRecord.parse(item);
  return { ...record, expiresAtUtc: expiresAt === null ? null : new Date(expiresAt * 1_000).toISOString() };
}
