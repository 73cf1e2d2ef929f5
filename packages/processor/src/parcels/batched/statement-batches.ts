import {
  type ExecuteStatements,
  mostStatements,
  type ParcelStatement,
  type StatementAnswer,
} from './parcel-statement.ts';

type Waiting = {
  readonly statement: ParcelStatement;
  readonly resolve: (answer: StatementAnswer) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Gathers the statements of writes that run at the same time into calls. Nothing waits for a timer. A full call leaves at
 * once. One that is not full leaves as soon as all that was begun together has arrived, if few enough calls are under way,
 * else when one of them returns. Under load calls are full; a lone write goes alone.
 */
export class StatementBatches {
  readonly #execute: ExecuteStatements;
  readonly #callsForAll: number;
  #waiting: Waiting[] = [];
  #calls = 0;
  #gathering = false;

  /** @param writeConcurrency statements that may be under way at once; the caller keeps to it */
  constructor(execute: ExecuteStatements, writeConcurrency: number) {
    this.#execute = execute;
    // At least two: one call that hangs must not hold up the others.
    this.#callsForAll = Math.max(2, Math.ceil(writeConcurrency / mostStatements));
  }

  /** Rejects with the engine's failure of the whole call. */
  execute(statement: ParcelStatement): Promise<StatementAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<StatementAnswer>();
    this.#waiting.push({ statement, resolve, reject });
    if (this.#waiting.length >= mostStatements) this.#send();
    this.#gather();
    return promise;
  }

  /** Sends what waits once all promises that can settle have done so: writes that one call has finished begin others, which join the next call. */
  #gather(): void {
    if (this.#gathering || this.#waiting.length === 0) return;
    this.#gathering = true;
    queueMicrotask(() =>
      process.nextTick(() => {
        this.#gathering = false;
        this.#send();
      }),
    );
  }

  #send(): void {
    while (this.#waiting.length > 0) {
      const { batch, others } = withoutRepeats(this.#waiting);
      if (batch.length < mostStatements && this.#calls >= this.#callsForAll) return;
      this.#waiting = others;
      void this.#call(batch);
    }
  }

  async #call(batch: readonly Waiting[]): Promise<void> {
    this.#calls += 1;
    try {
      const answers = await this.#execute(batch.map(({ statement }) => statement));
      for (const [index, { resolve }] of batch.entries()) {
        resolve(answers[index] ?? { kind: 'failed', error: new Error('the engine did not answer a statement') });
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#calls -= 1;
      this.#gather();
    }
  }
}

/** As many statements as one call takes, at most one of each parcel: an engine refuses the whole call otherwise. */
function withoutRepeats(waiting: readonly Waiting[]): { readonly batch: Waiting[]; readonly others: Waiting[] } {
  const batch: Waiting[] = [];
  const others: Waiting[] = [];
  const parcels = new Set<number>();
  for (const one of waiting) {
    const { parcelId } = one.statement.state;
    if (batch.length < mostStatements && !parcels.has(parcelId)) {
      parcels.add(parcelId);
      batch.push(one);
    } else others.push(one);
  }
  return { batch, others };
}
