import type { CarrierRelease } from '@waybill/carrier/feed/carrier-release.ts';
import type { ScanApi } from '@waybill/carrier/scan-api-server.ts';
import { wrap } from '@waybill/shared/wrap.ts';
import type { Engines } from '../engines/engines.ts';
import { columns } from '../progress.ts';
import type { Receiver } from '../receiver/receiver.ts';
import { type TroubleName, troubles } from './troubles.ts';

/** The parts of a run that can be made to fail. */
export type TroubleSources = {
  readonly carrier: Pick<ScanApi, 'refuse'>;
  readonly release: Pick<CarrierRelease, 'break' | 'fix'>;
  readonly engines: Pick<Engines, 'throttle'>;
  readonly parcelsTable: string;
  readonly receiver: Pick<Receiver, 'misbehave'>;
  /** Told of each trouble when it begins and when it is over, in lines for a terminal. */
  readonly say: (text: string) => void;
};

type Switch = { readonly begin: () => void | Promise<void>; readonly end: () => void | Promise<void> };

/** Of the writes to the table: one that DynamoDB refuses is written at a later attempt, or waits for its turn. */
const throttledShare = 0.95;

/** Makes one trouble at a time, and ends each by itself when whoever asked for it is not heard of again. */
export class TroubleMaker {
  readonly #say: (text: string) => void;
  readonly #switches: Readonly<Record<TroubleName, Switch>>;
  #current: { readonly name: TroubleName; readonly timer: NodeJS.Timeout } | undefined;

  constructor({ carrier, release, engines, parcelsTable, receiver, say }: TroubleSources) {
    this.#say = (text) => say(wrap(text, columns).join('\n'));
    this.#switches = {
      'carrier-503': { begin: () => carrier.refuse('unavailable'), end: () => carrier.refuse(undefined) },
      'malformed-scans': { begin: () => release.break(), end: () => release.fix() },
      'throttled-table': {
        begin: () => engines.throttle({ table: parcelsTable, share: throttledShare }),
        end: () => engines.throttle(undefined),
      },
      'webhook-401': { begin: () => receiver.misbehave('unauthorized'), end: () => receiver.misbehave(undefined) },
    };
  }

  get current(): TroubleName | undefined {
    return this.#current?.name;
  }

  /** Begins a trouble, which ends by {@link end}, by another one, or after so many milliseconds. */
  async begin(name: TroubleName, forMs: number): Promise<void> {
    await this.end();
    this.#current = { name, timer: setTimeout(() => void this.end(), forMs) };
    await this.#switches[name].begin();
    this.#say(`Trouble on demand: ${troubles[name].begins}`);
  }

  /** May be called twice. */
  async end(): Promise<void> {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    clearTimeout(current.timer);
    await this.#switches[current.name].end();
    this.#say(`Trouble over: ${troubles[current.name].ends}`);
  }
}
