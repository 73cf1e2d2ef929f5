import type { Clock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { dynamoDbParcelTable, type ParcelTableDependencies } from '../dynamodb-parcel-table.ts';
import type { ParcelTable } from '../parcel-table.ts';
import { batchedParcelTable } from './batched-parcel-table.ts';
import { dynamoDbStatements } from './dynamodb-statements.ts';
import { takesStatements } from './statement-probe.ts';

/** Failures of the question in a row, after which the processor starts with single updates. */
const mostAttempts = 3;
/** Milliseconds until the question is asked again; doubles each time. A question is three calls; what it may gain is most of what each write costs. */
const firstAgainMs = 60_000;
const longestAgainMs = 600_000;

/** Failures that asking again at once does not heal: the engine does not know the call, or does not allow it to us. */
const answers: ReadonlySet<string> = new Set(['UnknownOperationException', 'AccessDeniedException']);

type Writer = 'batched' | 'single';

/** The parcels table with the writer that its engine takes. To be written to only once `choose` has resolved. */
export type ChosenParcelTable = ParcelTable & {
  /**
   * Asks the engine at first; rejects while it may only be away, and is to be called again then. From then on answers the
   * writer, when no question is under way.
   */
  readonly choose: () => Promise<Writer>;
};

/**
 * Batches of statements where engine and role take them, single updates elsewhere. What may change is asked again beside
 * a write some minutes later: an engine that was away, a permission that was missing or is taken away while batches are written.
 */
export function openParcelTable(
  dependencies: ParcelTableDependencies & {
    readonly clock: Pick<Clock, 'now' | 'monotonic'>;
    readonly log: Logger;
    readonly metrics: Pick<Metrics, 'waybill.store.second_tries'>;
    readonly writeConcurrency: number;
  },
): ChosenParcelTable {
  const { log, clock } = dependencies;
  const single = dynamoDbParcelTable(dependencies);
  const execute = dynamoDbStatements({ ...dependencies, onDenied: fallBack });
  const batched = batchedParcelTable({ ...dependencies, execute, single });
  let chosen: Writer | undefined;
  let attempts = 0;
  let againAt = Number.POSITIVE_INFINITY;
  let againMs = firstAgainMs;
  let question: Promise<void> | undefined;

  async function ask(): Promise<void> {
    chosen = (await takesStatements(dependencies)) ? 'batched' : 'single';
    log.info({ writer: chosen }, 'parcels table opened');
  }

  function fallBack(error: unknown): void {
    if (chosen === 'single') return;
    chosen = 'single';
    log.warn({ err: error }, 'no batches of statements here: each parcel is written by an update of its own');
    askLater(error);
  }

  function askLater(error: unknown): void {
    if (error instanceof Error && error.name === 'UnknownOperationException') return;
    againAt = clock.monotonic() + againMs;
    againMs = Math.min(longestAgainMs, againMs * 2);
  }

  async function askAgain(): Promise<void> {
    againAt = Number.POSITIVE_INFINITY;
    try {
      await ask();
    } catch (error) {
      log.debug({ err: error }, 'still no batches of statements');
      askLater(error);
    }
    question = undefined;
  }

  function table(): ParcelTable {
    if (chosen === 'batched') return batched;
    if (clock.monotonic() >= againAt) question = askAgain();
    return single;
  }

  return {
    choose: async () => {
      await question;
      if (chosen) return chosen;
      try {
        await ask();
      } catch (error) {
        attempts += 1;
        if (!(error instanceof Error && answers.has(error.name)) && attempts < mostAttempts) throw error;
        fallBack(error);
      }
      return chosen ?? 'single';
    },
    apply: (change) => table().apply(change),
    replace: (state, revision) => table().replace(state, revision),
  };
}
