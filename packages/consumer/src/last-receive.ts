import type { Clock } from '@waybill/shared/clock.ts';
import { counted } from '@waybill/shared/counted.ts';
import { bodyFailureId } from '@waybill/shared/failures/failure-id.ts';
import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';
import { traceIdOf } from '@waybill/shared/telemetry/traces/trace-context.ts';
import { type Failure, type FailureLog, interrupted } from './failures/failure-log.ts';
import type { Guard } from './guard/guard.ts';
import type { Reading } from './handler.ts';

/** Longest time that a message on its last allowed receive has to itself before the next message starts. */
const longestTurnMs = 2_000;

export type LastReceiveDependencies = {
  readonly clock: Clock;
  readonly guard: Pick<Guard<never>, 'execute'>;
  readonly failures: Pick<FailureLog, 'recordInterruption'>;
};

/**
 * The work on messages that are on their last allowed receive. A crash puts every such message that is in hand in the
 * DLQ, whether its work had begun or not, so the reason is recorded first. Then they are worked on one after the other: if
 * one of them crashes the process, those before it are done.
 */
export class LastReceives {
  readonly #deps: LastReceiveDependencies;
  /** Interruptions whose record is written, or being written. */
  readonly #explained = new WeakSet<Failure>();
  /** Ends the turn of a message, by its interruption. */
  readonly #turns = new WeakMap<Failure, AbortController>();
  #nextTurn: Promise<void> = Promise.resolve();

  constructor(deps: LastReceiveDependencies) {
    this.#deps = deps;
  }

  /** Does the work after it is recorded and the previous one is done. Does not wait longer than 2 s for the previous one. */
  async work(interruption: Failure, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#record(interruption, signal);
    const done = new AbortController();
    this.#turns.set(interruption, done);
    const turn = this.#nextTurn;
    this.#nextTurn = turn.then(() => this.#deps.clock.sleep(longestTurnMs, done.signal));
    await turn;
    await work();
    done.abort();
  }

  /** The message is deleted, or left: a crash in the turn of the next one is no longer its own. */
  endTurn(interruption: Failure): void {
    this.#turns.get(interruption)?.abort();
  }

  /**
   * Records a message that came after the stop began: SQS may refuse to take it back. Does not wait for the record: a
   * message that is sent anew does not need it, and carries its id in any case.
   */
  explain(interruption: Failure, signal: AbortSignal): void {
    if (!this.#explained.has(interruption)) this.#record(interruption, signal).catch(() => undefined);
  }

  async #record(interruption: Failure, signal: AbortSignal): Promise<void> {
    const { guard, failures } = this.#deps;
    this.#explained.add(interruption);
    await guard.execute(interruption.failureId, () => failures.recordInterruption(interruption), signal);
  }
}

/** What is on record while a message is worked on its last allowed receive. */
export function interruptionOf(
  message: ReceivedMessage,
  { failures: [failure], single, element }: Reading<unknown>,
  resolves: string | undefined,
): Failure {
  const failureId = single ? (failure?.failureId ?? resolves ?? element?.failureId) : resolves;
  return {
    failureId: failureId ?? bodyFailureId(message.body),
    reason: interrupted,
    detail: `received ${counted(message.receiveCount, 'time')} without being settled; the message is intact, redrive it`,
    body: message.body,
    parcelId: single ? (failure ?? element)?.parcelId : undefined,
    traceId: traceIdOf(message.attributes),
  };
}
