import type { IncomingHttpHeaders } from 'node:http';
import type { WaybillError } from '@waybill/shared/error.ts';
import type { Dispatcher } from 'undici';

/** Bytes of a response's body that are read: as long as it ends within them, the connection can be used again. */
const responseBytes = 16_384;

/** The reason for which a connection is destroyed on which nothing is awaited any more. */
const nothingAwaited = new Error('nothing is awaited on this connection any more');

/** What became of an attempt: a status, or the error for which there is none. */
export type AttemptOutcome =
  | { readonly status: number; readonly headers: IncomingHttpHeaders }
  | { readonly error: unknown };

/**
 * One request, to the end of its response. A status that is known is the outcome, whatever becomes of the body after it: that
 * is read so that the connection can be used again, and for nothing else. Undici's own handler, and not `request`: that one
 * makes a stream for each body, and heeds a signal only once a connection stands.
 */
export class Attempt implements Dispatcher.DispatchHandler {
  /** Is called once: nothing more is sent or received then. */
  readonly #onOver: (outcome: AttemptOutcome) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #known: AttemptOutcome | undefined;
  #received = 0;
  #isOver = false;

  constructor(onOver: (outcome: AttemptOutcome) => void) {
    this.#onOver = onOver;
  }

  /** Cuts the connection. The error is the outcome where no status is known. */
  giveUp(error: WaybillError): void {
    this.#end({ error });
    this.#controller?.abort(nothingAwaited);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(nothingAwaited);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Below are early hints and the like, which come before the response.
    if (status >= 200) this.#known = { status, headers };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#received > responseBytes) controller.abort(nothingAwaited);
  }

  onResponseEnd(): void {
    this.#end({ error: nothingAwaited });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end({ error });
  }

  #end(withoutStatus: AttemptOutcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onOver(this.#known ?? withoutStatus);
  }
}
