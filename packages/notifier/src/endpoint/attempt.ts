import type { IncomingHttpHeaders } from 'node:http';
import type { WaybillError } from '@waybill/shared/error.ts';
import type { Dispatcher } from 'undici';

/** Bytes of a response's body that are read: as long as it ends within them, the connection can be used again. */
const responseBytes = 16_384;

/** Ends a connection on which nothing is awaited any more. */
class NothingAwaited extends Error {
  override readonly name = 'NothingAwaited';
}

export type AttemptOutcome = {
  readonly onStatus: (status: number, headers: IncomingHttpHeaders) => void;
  /** Without a status. */
  readonly onFailure: (error: unknown) => void;
  /** Once, at last: nothing is sent or received any more. */
  readonly onOver: () => void;
};

/**
 * One request, from its turn to the end of its response. A status is the outcome as soon as it is known, whatever becomes of
 * the body after it; the body is read for the sake of the connection alone. Undici's own handler, and not `request`: that one
 * makes a stream for each body, and is rejected by a signal only once a connection stands.
 */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #outcome: AttemptOutcome;
  #controller: Dispatcher.DispatchController | undefined;
  #received = 0;
  #hasStatus = false;
  #isOver = false;

  constructor(outcome: AttemptOutcome) {
    this.#outcome = outcome;
  }

  /** Gives up, with this error where there is no status yet. */
  giveUp(error: WaybillError): void {
    if (!this.#isOver && !this.#hasStatus) this.#outcome.onFailure(error);
    this.#cut();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new NothingAwaited());
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // What comes before the response, such as early hints.
    if (this.#isOver || status < 200) return;
    this.#hasStatus = true;
    this.#outcome.onStatus(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#received > responseBytes) this.#cut();
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#isOver && !this.#hasStatus) this.#outcome.onFailure(error);
    this.#end();
  }

  /** Destroys the connection, if there is one. */
  #cut(): void {
    if (this.#isOver) return;
    this.#end();
    this.#controller?.abort(new NothingAwaited());
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outcome.onOver();
  }
}
