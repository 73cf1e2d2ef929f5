import { randomOf } from './feed/random.ts';

/** What can go wrong with a response. A refusal replaces it, a page fault changes the page in it. */
export type FaultKind = RefusalKind | PageFaultKind;

export type RefusalKind =
  | 'tooManySeconds'
  | 'tooManyDate'
  | 'tooManyBare'
  | 'serverError'
  | 'badGateway'
  | 'unavailable'
  | 'slow'
  | 'cut'
  | 'stalled'
  | 'html'
  | 'envelope';

export type PageFaultKind = 'repeated' | 'disorder' | 'oversized';

/** The share of requests with each fault: 0 is never, 1 is always. */
export type FaultShares = Readonly<Record<FaultKind, number>>;

/** Rare enough for the reader to make progress, frequent enough that each comes within 500 requests. */
export const realisticFaults: FaultShares = {
  /** 429 with Retry-After in seconds, as a date, and without. */
  tooManySeconds: 0.004,
  tooManyDate: 0.004,
  tooManyBare: 0.005,
  serverError: 0.004,
  badGateway: 0.004,
  unavailable: 0.006,
  slow: 0.005,
  /** The connection ends before the response or in the middle of it. */
  cut: 0.006,
  /** A response that begins and never ends. Costs its reader a whole timeout. */
  stalled: 0,
  /** An error page for people, with status 200. */
  html: 0.004,
  /** JSON with status 200 that has no `ScanEvents`. */
  envelope: 0.002,
  /** Elements of the response before, again. */
  repeated: 0.02,
  disorder: 0.02,
  /** More elements than requested. */
  oversized: 0.01,
};

export const noFaults: FaultShares = {
  tooManySeconds: 0,
  tooManyDate: 0,
  tooManyBare: 0,
  serverError: 0,
  badGateway: 0,
  unavailable: 0,
  slow: 0,
  cut: 0,
  stalled: 0,
  html: 0,
  envelope: 0,
  repeated: 0,
  disorder: 0,
  oversized: 0,
};

const refusalKinds = [
  'tooManySeconds',
  'tooManyDate',
  'tooManyBare',
  'serverError',
  'badGateway',
  'unavailable',
  'slow',
  'cut',
  'stalled',
  'html',
  'envelope',
] as const satisfies readonly RefusalKind[];

/**
 * Decides when each fault is due. A fault with share 1/n comes once in every n requests, at a random one of them: by
 * chance alone, a short run would miss some kinds.
 */
export class FaultSchedule {
  readonly #shares: FaultShares;
  readonly #random;
  readonly #due = new Map<FaultKind, { block: number; at: number }>();
  #request = 0;

  constructor(shares: FaultShares, seed: number) {
    this.#shares = shares;
    this.#random = randomOf(seed, 'faults');
  }

  nextRequest(): void {
    this.#request++;
  }

  /** The refusal for the current request; after this it is no longer due. */
  takeRefusal(): RefusalKind | undefined {
    const kind = refusalKinds.find((candidate) => this.isDue(candidate));
    if (kind) this.markTaken(kind);
    return kind;
  }

  isDue(kind: FaultKind): boolean {
    const share = this.#shares[kind];
    if (share <= 0) return false;
    const due = this.#due.get(kind) ?? this.#plan(kind, 0);
    return due.at <= this.#request;
  }

  markTaken(kind: FaultKind): void {
    this.#plan(kind, (this.#due.get(kind)?.block ?? 0) + 1);
  }

  #plan(kind: FaultKind, block: number): { block: number; at: number } {
    const period = Math.max(1, Math.round(1 / this.#shares[kind]));
    const due = { block, at: 1 + block * period + this.#random.below(period) };
    this.#due.set(kind, due);
    return due;
  }
}
