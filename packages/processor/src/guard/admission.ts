import { WaybillError } from '@waybill/shared/error.ts';
import { Fifo } from './fifo.ts';

/** Two queues with slots of their own: the one does not wait behind the other. */
export type Lane = 'parcels' | 'records';

const lanes: readonly Lane[] = ['records', 'parcels'];

type Waiting = {
  readonly item: string;
  readonly signal: AbortSignal;
  readonly begin: () => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Decides when a call to the engine begins: in turn, as many at once as its lane has slots, and none while the gate is
 * shut but the one that is let through. What waits costs nothing: no timer and no attempt, however much it is; and when
 * the gate opens, it goes through by its slots, not all at once.
 */
export class Admission {
  readonly #free: Record<Lane, number>;
  readonly #wasTried: (item: string) => boolean;
  readonly #waiting: Readonly<Record<Lane, Fifo<Waiting>>> = { parcels: new Fifo(), records: new Fifo() };
  readonly #heeded = new WeakSet<AbortSignal>();
  #isOpen = true;
  /** Where to look first for the one that may go through a shut gate. */
  #oneFrom: Lane | undefined;
  #underWay = 0;

  /** @param wasTried whether another try of this item would tell less than the first one of another */
  constructor(slots: Readonly<Record<Lane, number>>, wasTried: (item: string) => boolean) {
    this.#free = { ...slots };
    this.#wasTried = wasTried;
  }

  /** Whether a call is under way, or one waits whose item was not tried. */
  get hasUntried(): boolean {
    if (this.#underWay > 0) return true;
    return lanes.some((lane) => this.#waiting[lane].some(({ item }) => !this.#wasTried(item)));
  }

  /**
   * Begins `call`, which writes `item`, when its turn comes, before anything else can change what the turn depends on,
   * and settles as it does.
   * Rejects with `STOPPED` when `signal` aborts before that. A call under way is never cut off.
   */
  run<T>(lane: Lane, item: string, call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(stopped());
    this.#heed(signal);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const leave = () => {
      this.#free[lane] += 1;
      this.#underWay -= 1;
      this.#admit();
    };
    const begin = () => {
      this.#free[lane] -= 1;
      this.#underWay += 1;
      call().then(
        (result) => {
          leave();
          resolve(result);
        },
        (error: unknown) => {
          leave();
          reject(error);
        },
      );
    };
    this.#waiting[lane].push({ item, signal, begin, reject });
    this.#admit();
    return promise;
  }

  open(): void {
    this.#isOpen = true;
    this.#oneFrom = undefined;
    this.#admit();
  }

  shut(): void {
    this.#isOpen = false;
    this.#oneFrom = undefined;
  }

  /**
   * Lets one call through the shut gate, of an item that was not tried as long as any waits: of this lane, else of the
   * other. If nothing waits at all, the next that comes.
   */
  letOneThrough(from: Lane): void {
    this.#oneFrom = from;
    this.#admit();
  }

  #admit(): void {
    for (const lane of lanes) while (this.#isOpen && this.#beginFirst(lane));
    if (this.#isOpen || this.#oneFrom === undefined) return;
    const from = this.#oneFrom;
    const inTurn = from === 'records' ? lanes : lanes.toReversed();
    this.#oneFrom = undefined;
    if (inTurn.some((lane) => this.#beginUntried(lane)) || inTurn.some((lane) => this.#beginFirst(lane))) return;
    this.#oneFrom = from;
  }

  #beginFirst(lane: Lane): boolean {
    if (this.#free[lane] <= 0) return false;
    const next = this.#waiting[lane].shift();
    next?.begin();
    return next !== undefined;
  }

  /** Those that were tried and wait before it go behind all others. */
  #beginUntried(lane: Lane): boolean {
    const waiting = this.#waiting[lane];
    for (let left = waiting.length; left > 0 && this.#free[lane] > 0; left -= 1) {
      const next = waiting.shift();
      if (next && !this.#wasTried(next.item)) {
        next.begin();
        return true;
      }
      if (next) waiting.push(next);
    }
    return false;
  }

  /** One listener for all that wait under a signal: with a listener each, adding and removing them takes seconds. */
  #heed(signal: AbortSignal): void {
    if (this.#heeded.has(signal)) return;
    this.#heeded.add(signal);
    signal.addEventListener('abort', () => this.#turnAway(signal), { once: true });
  }

  #turnAway(signal: AbortSignal): void {
    const error = stopped();
    for (const waiting of Object.values(this.#waiting)) {
      for (let left = waiting.length; left > 0; left -= 1) {
        const one = waiting.shift();
        if (one?.signal === signal) one.reject(error);
        else if (one) waiting.push(one);
      }
    }
  }
}

function stopped(): WaybillError {
  return new WaybillError('STOPPED', 'stopped before the call to DynamoDB began');
}
