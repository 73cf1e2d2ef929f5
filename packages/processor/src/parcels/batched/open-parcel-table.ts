import type { Clock } from '@waybill/shared/clock.ts';
import type { Metrics } from '@waybill/shared/metrics.ts';
import { dynamoDbParcelTable, type ParcelTableDependencies } from '@waybill/shared/parcels/dynamodb-parcel-table.ts';
import type { ParcelTable } from '@waybill/shared/parcels/parcel-table.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { batchedParcelTable } from './batched-parcel-table.ts';
import { dynamoDbStatements } from './dynamodb-statements.ts';
import { takesStatements } from './statement-probe.ts';

/** Probes that fail in a row before the processor starts with single updates. */
const mostAttempts = 3;
/** Milliseconds until the next probe; doubles each time. A probe is five calls; what it may gain is most of what each write costs. */
const firstReprobeMs = 60_000;
const longestReprobeMs = 600_000;

/** Refusals that a repetition at once does not heal: the engine does not know the call, or the role is not allowed to make it. */
const permanentRefusals: ReadonlySet<string> = new Set(['UnknownOperationException', 'AccessDeniedException']);

type Writer = 'batched' | 'single';

/** The parcels table with the writer that its engine takes. To be written to only once `chooseWriter` has resolved. */
export type ProbedParcelTable = ParcelTable & {
  /**
   * Probes the engine at first. Rejects while the engine may only be away: call it again then. Later it returns the
   * current writer, after the probe that may be under way.
   */
  readonly chooseWriter: () => Promise<Writer>;
};

export type ProbedTableDependencies = ParcelTableDependencies & {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'waybill.store.second_tries'>;
  readonly writeConcurrency: number;
};

/**
 * Batches of statements where engine and role take them, single updates elsewhere. What may change is probed again beside
 * a write some minutes later: an engine that was away, a permission that was missing or is taken away while batches are written.
 */
export function openParcelTable(deps: ProbedTableDependencies): ProbedParcelTable {
  const { log, clock } = deps;
  const single = dynamoDbParcelTable(deps);
  const execute = dynamoDbStatements({ ...deps, onDenied: fallBack });
  const batched = batchedParcelTable({ ...deps, execute, single });
  let writer: Writer | undefined;
  // Batches need no probing again, so that no write of theirs passes here.
  const table: { -readonly [Write in keyof ParcelTable]: ParcelTable[Write] } = {
    historyEvents: deps.historyEvents,
    apply: (change) => probedSingle().apply(change),
    addHistory: (parcelId, added) => probedSingle().addHistory(parcelId, added),
    replace: (state, stored) => probedSingle().replace(state, stored),
  };
  const singleWrites = { ...table };
  let attempts = 0;
  let reprobeAt = Number.POSITIVE_INFINITY;
  let reprobeMs = firstReprobeMs;
  let reprobing: Promise<void> | undefined;

  async function probe(): Promise<void> {
    use((await takesStatements(deps)) ? 'batched' : 'single');
    log.info({ writer }, 'parcels table opened');
  }

  function use(next: Writer): void {
    writer = next;
    Object.assign(table, next === 'batched' ? batched : singleWrites);
  }

  function fallBack(error: unknown): void {
    if (writer === 'single') return;
    use('single');
    log.warn({ err: error }, 'statement batches not available, writing each parcel with its own update');
    scheduleReprobe(error);
  }

  function scheduleReprobe(error: unknown): void {
    if (error instanceof Error && error.name === 'UnknownOperationException') return;
    reprobeAt = clock.monotonic() + reprobeMs;
    reprobeMs = Math.min(longestReprobeMs, reprobeMs * 2);
  }

  async function reprobe(): Promise<void> {
    reprobeAt = Number.POSITIVE_INFINITY;
    try {
      await probe();
    } catch (error) {
      log.debug({ err: error }, 'statement batches still not available');
      scheduleReprobe(error);
    }
    reprobing = undefined;
  }

  function probedSingle(): ParcelTable {
    if (clock.monotonic() >= reprobeAt) reprobing = reprobe();
    return single;
  }

  return Object.assign(table, {
    chooseWriter: async () => {
      await reprobing;
      if (writer) return writer;
      try {
        await probe();
      } catch (error) {
        attempts += 1;
        const isPermanent = error instanceof Error && permanentRefusals.has(error.name);
        if (!isPermanent && attempts < mostAttempts) throw error;
        fallBack(error);
      }
      return writer ?? 'single';
    },
  });
}
