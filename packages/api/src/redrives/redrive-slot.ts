import type { BegunAct, RecordedResult } from '@waybill/operations/record/on-record.ts';
import type { OperationStart } from '@waybill/operations/record/operation.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import { Problem } from '../problems/problem.ts';

type Use = 'a plan' | 'a redrive';

/** Seconds after which another try is worth it: a plan takes so long at most. */
const retryAfterSeconds = 10;

/**
 * The one use of the dead letters that a process makes at a time: a second one would find them in flight, and hold as many
 * again. A redrive goes on in it after its request was answered.
 */
export class RedriveSlot {
  readonly #log: Pick<Logger, 'info' | 'error'>;
  readonly #stopping = new AbortController();
  #use: Use | undefined;
  #operationId: string | undefined;
  #redrive: Promise<unknown> = Promise.resolve();

  constructor(log: Pick<Logger, 'info' | 'error'>) {
    this.#log = log;
  }

  /** Throws `CONFLICT` while there is another use. */
  async plan<T>(plan: () => Promise<T>): Promise<T> {
    this.#claim('a plan');
    try {
      return await plan();
    } finally {
      this.#use = undefined;
    }
  }

  /**
   * Resolves once the redrive has begun. Throws `CONFLICT` while there is another use.
   *
   * @param begin its signal aborts when the process stops
   */
  async redrive(begin: (stopping: AbortSignal) => Promise<BegunAct>): Promise<OperationStart> {
    this.#claim('a redrive');
    try {
      const { operation, result } = await begin(this.#stopping.signal);
      this.#operationId = operation.operationId;
      this.#redrive = this.#follow(operation.operationId, result);
      return operation;
    } catch (error) {
      this.#use = undefined;
      throw error;
    }
  }

  /** The redrive hands back what it holds, and no other begins. */
  stop(): void {
    const why = 'its process was stopped, and has handed back what it held: plan and redrive again';
    this.#stopping.abort(new WaybillError('STOPPED', why));
  }

  /** Resolves when the redrive is over and on record. */
  async ended(): Promise<void> {
    await this.#redrive;
  }

  #claim(use: Use): void {
    if (this.#stopping.signal.aborted) {
      throw new Problem('UNAVAILABLE', 'this process stops: ask another one', { retryAfterSeconds });
    }
    if (this.#use !== undefined) {
      const detail = `${this.#use} of these dead letters is under way: one at a time`;
      const operationId = this.#operationId;
      throw new Problem('CONFLICT', detail, { retryAfterSeconds, ...(operationId && { members: { operationId } }) });
    }
    this.#use = use;
  }

  async #follow(operationId: string, result: Promise<RecordedResult>): Promise<void> {
    try {
      const { outcome, counts, problems } = await result;
      this.#log.info({ operationId, outcome, counts, problems }, 'redrive ended');
    } catch (error) {
      this.#log.error({ operationId, err: error }, 'redrive failed');
    } finally {
      this.#operationId = undefined;
      this.#use = undefined;
    }
  }
}
