import type { Plan } from './plan.ts';

/** What an operator can do. */
export const operationKinds = [
  'redrive-all',
  'redrive-some',
  'replay',
  'checkpoint-set',
  'parcel-repair',
  'parcels-reindex',
  'erase',
  'notifications-announce',
  'notifications-send',
] as const;

export type OperationKind = (typeof operationKinds)[number];

/**
 * How an act ended. `done`: all of it. `partly`: some of it could not be done, or was left. `refused`: what it met was not
 * what was planned. `cancelled`: by Ctrl-C or on demand. `failed`: it ended with an error.
 */
export const outcomes = ['done', 'partly', 'refused', 'cancelled', 'failed'] as const;

export type Outcome = (typeof outcomes)[number];

/** How often something happened in the act, by a word: `{ redriven: 998, handedBack: 9002 }`. */
export type Counts = Readonly<Record<string, number>>;

/** What selects that on which an act works; as the command line or the API was given it. No payload, no person's id. */
export type Filter = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

/** What is written before an act. */
export type OperationStart = {
  /** Sorts by time: {@link operationIdOf}. */
  readonly operationId: string;
  readonly kind: OperationKind;
  /** Who: an identity of AWS (STS), or the name of an API token. */
  readonly by: string;
  /** Why, in the operator's words. */
  readonly because: string;
  readonly filter: Filter;
  readonly plan: Plan;
  readonly startedAtUtc: string;
};

/** What completes the record. */
export type OperationEnd = {
  readonly outcome: Outcome;
  readonly counts: Counts;
  readonly finishedAtUtc: string;
  /** What went wrong or was left, a sentence each; only of acts whose caller does not wait for their end. */
  readonly problems?: readonly string[];
};

/** What an act says while it runs. `total` is absent where nobody knows it. */
export type Progress = { readonly what: string; readonly done: number; readonly total?: number };

/** What the record of a running act is told every few seconds. */
export type Heartbeat = {
  /** By the clock of the process that runs the act. */
  readonly heartbeatAtUtc: string;
  /** Absent until the act has said something. */
  readonly progress?: Progress;
};

/** That somebody wants a running act to end. */
export type CancelRequest = {
  /** An identity of AWS, or the name of an API token. */
  readonly cancelRequestedBy: string;
  readonly cancelRequestedAtUtc: string;
};

/**
 * A record of the operations table. Without an end it is under way, or its process was killed. A later release may have
 * kinds and outcomes that this one does not know.
 */
export type Operation = Omit<OperationStart, 'kind'> &
  Partial<Omit<OperationEnd, 'outcome'> & Heartbeat & CancelRequest> & {
    readonly kind: string;
    readonly outcome?: string;
  };

/** An id that sorts by time to the second and is easy to say: `20261128T221530-1f2e3d4c`. */
export function operationIdOf(nowMs: number, random: () => number): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+Z$/g, '');
  const suffix = Math.floor(random() * 0x1_0000_0000);
  return `${time}-${suffix.toString(16).padStart(8, '0')}`;
}
