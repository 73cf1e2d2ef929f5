import type { Logger } from '@waybill/shared/logger.ts';
import { batchedParcelTable } from './batched-parcel-table.ts';
import { dynamoDbParcelTable, type ParcelTableDependencies } from './dynamodb-parcel-table.ts';
import { dynamoDbStatements, takesStatements } from './dynamodb-statements.ts';
import type { ParcelTable } from './parcel-table.ts';

/** Failures of the question in a row, after which the engine is taken as one that has no batches of statements. */
const mostAttempts = 3;

/** Failures that no repetition heals: the engine does not know the call, or does not allow it to us. */
const answers: ReadonlySet<string> = new Set(['UnknownOperationException', 'AccessDeniedException']);

/** The parcels table with the writer that its engine takes. To be written to only once `choose` has resolved. */
export type ChosenParcelTable = ParcelTable & {
  /** Asks the engine, once; rejects while it may only be away, and is to be called again then. */
  readonly choose: () => Promise<'batched' | 'single'>;
};

/** Batches of statements where engine and role take them, single updates elsewhere. */
export function openParcelTable(
  dependencies: ParcelTableDependencies & { readonly log: Logger; readonly writeConcurrency: number },
): ChosenParcelTable {
  const { log } = dependencies;
  const single = dynamoDbParcelTable(dependencies);
  let table = single;
  let chosen: 'batched' | 'single' | undefined;
  let attempts = 0;

  async function ask(): Promise<'batched' | 'single'> {
    try {
      return (await takesStatements(dependencies)) ? 'batched' : 'single';
    } catch (error) {
      attempts += 1;
      const isAnswer = error instanceof Error && answers.has(error.name);
      if (!isAnswer && attempts < mostAttempts) throw error;
      log.warn({ err: error }, 'no batches of statements here: each parcel is written by an update of its own');
      return 'single';
    }
  }

  return {
    choose: async () => {
      if (chosen) return chosen;
      chosen = await ask();
      if (chosen === 'batched') {
        table = batchedParcelTable({ ...dependencies, execute: dynamoDbStatements(dependencies), single });
      }
      log.info({ writer: chosen }, 'parcels table opened');
      return chosen;
    },
    apply: (change) => table.apply(change),
    replace: (state, revision) => table.replace(state, revision),
  };
}
