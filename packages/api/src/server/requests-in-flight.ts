import type { FastifyReply, FastifyRequest } from 'fastify';
import { refusal } from './refusal.ts';

declare module 'fastify' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface adds to the one of fastify
  interface FastifyRequest {
    visit: Visit;
  }
}

export type InFlightLimits = {
  /** Milliseconds that one may take. */
  readonly requestMs: number;
  readonly most: number;
  /** Of one caller. */
  readonly mostOfOne: number;
  /** Of all bodies together. */
  readonly mostBytes: number;
};

/** A request from its headers to the end of its answer. */
export type Visit = {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Aborts when its time is over, or its client has gone: what it waits for is of no use any more. */
  readonly signal: AbortSignal;
  /** Counts it as one of this caller's, and of no other any more. Throws `TOO_MANY_REQUESTS` where there are too many. */
  readonly countFor: (caller: string) => void;
  /**
   * Holds bytes of memory for a body until the request ends, besides those held already: to be called before they are read,
   * or decompressed. Throws `UNAVAILABLE` where all bodies together take too much.
   *
   * @param share of what all may take, beyond which this one is refused; default: 1
   */
  readonly hold: (bytes: number, share?: number) => void;
};

export type VisitEvents = {
  /** Its time is over, and its signal has aborted. */
  readonly onTooLong: () => void;
  /** Called once, when the answer has been handed over, or its client has gone before. */
  readonly onEnd: (isAnswered: boolean) => void;
};

/** The requests that are worked on: bounds their number, and the memory of their bodies. */
export class RequestsInFlight {
  readonly #limits: InFlightLimits;
  readonly #visits = new Set<Visit>();
  readonly #ofCaller = new Map<string, number>();
  #bytes = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limits: InFlightLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#visits.size;
  }

  /**
   * Fastify's own `handlerTimeout` and `request.signal` end with the request's body: they know no time limit after it, and
   * take every request with a body for one whose client has gone.
   */
  begin(request: FastifyRequest, reply: FastifyReply, { onTooLong, onEnd }: VisitEvents): Visit {
    const gone = new AbortController();
    const timer = setTimeout(() => {
      gone.abort(new DOMException('the time of the request is over', 'TimeoutError'));
      onTooLong();
    }, this.#limits.requestMs);
    let caller: string | undefined;
    let held = 0;
    const visit: Visit = {
      request,
      reply,
      signal: gone.signal,
      countFor: (name) => {
        const count = this.#ofCaller.get(name) ?? 0;
        if (count >= this.#limits.mostOfOne) throw refusal('own requests in flight');
        this.#ofCaller.set(name, count + 1);
        if (caller !== undefined) this.#leave(caller);
        caller = name;
      },
      hold: (bytes, share = 1) => {
        if (this.#bytes + bytes > this.#limits.mostBytes * share && this.#bytes > 0) throw refusal('bodies in flight');
        this.#bytes += bytes;
        held += bytes;
      },
    };
    const end = (isAnswered: boolean) => {
      if (!this.#visits.delete(visit)) return;
      clearTimeout(timer);
      if (!isAnswered) gone.abort(new DOMException('the client has gone', 'AbortError'));
      this.#bytes -= held;
      if (caller !== undefined) this.#leave(caller);
      onEnd(isAnswered);
      if (this.#visits.size === 0) for (const wake of this.#waiting.splice(0)) wake();
    };
    this.#visits.add(visit);
    reply.raw.once('finish', () => end(true));
    reply.raw.once('close', () => end(false));
    return visit;
  }

  /** Throws `UNAVAILABLE` where there are too many. */
  requireRoom(): void {
    if (this.#visits.size > this.#limits.most) throw refusal('requests in flight');
  }

  all(): Iterable<Visit> {
    return this.#visits;
  }

  /** Resolves once nothing is in flight. */
  async none(): Promise<void> {
    if (this.#visits.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(caller: string): void {
    const left = (this.#ofCaller.get(caller) ?? 1) - 1;
    if (left > 0) this.#ofCaller.set(caller, left);
    else this.#ofCaller.delete(caller);
  }
}
