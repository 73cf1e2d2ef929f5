import { milestoneTypes } from '@waybill/shared/domain/milestones.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { unreadable } from '@waybill/shared/scan-api/scan-api-error.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import type { Chance } from './chance.ts';
import type { FaultLayer } from './faults.ts';
import { keyOf } from './oracle.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

export type FeedPlan = {
  readonly elements: number;
  readonly parcels: number;
  readonly firstEventId: number;
  /** The feed has grown to its end by then. */
  readonly grownMs: number;
  /** Share of elements there from the start; the others become visible one after the other. */
  readonly backlog: number;
  /** Shares of elements. */
  readonly gaps: number;
  readonly late: number;
  /** Milliseconds by which an element comes late at most. */
  readonly mostLateMs: number;
  readonly twins: number;
  readonly invalid: number;
  readonly unusable: number;
  /** One hole of more than 10,000 ids that is real, and one corrupt id far above all others. */
  readonly hole: boolean;
  /** The feed drops everything before the hole at some time, whether it was read or not. */
  readonly retention: boolean;
  /** Milliseconds within which it does. */
  readonly dropsWithinMs: number;
  readonly loneJump: boolean;
  /** Shares of answers. */
  readonly disorder: number;
  readonly repeats: number;
  readonly tooLarge: number;
  /** The server returns at most this many, whatever the limit asked for. */
  readonly cap: number;
  /** It returns still less from a time on. */
  readonly loweredCap: { readonly fromMs: number; readonly cap: number } | undefined;
  /** Share of elements that spoil every page that holds them: it is no JSON, or the server fails. */
  readonly spoilt: number;
  /** Share of ids whose texts are longer than a history keeps them. */
  readonly longTexts: number;
  /** It answers with this status for ids beyond its newest one. */
  readonly refusesBeyond: number | undefined;
};

/** What a page is that holds this element: its own bytes, which are no JSON, or status 500. */
export type Spoilt = 'received' | 'failing';

export type FeedElement = {
  /** Where it stands in the feed: its EventId where it has a usable one. */
  readonly position: number;
  /** What the simulator calls it: {@link keyOf} the event, or the JSON of anything else, as in `Carried`. */
  readonly name: string;
  readonly json: string;
  /** What it must become, where it is a scan event. */
  readonly event: ScanEvent | undefined;
  readonly visibleAtMs: number;
  readonly goneAtMs: number;
  /** It became visible after elements beyond it. */
  readonly late: boolean;
  /** Its EventId is corrupt: far above all others, at the tail for ever. */
  readonly lone: boolean;
  /** No page with it can be read. What was received goes to the queue under its name; of one that fails nothing can. */
  readonly spoilt: Spoilt | undefined;
};

/** Sees what the feed serves. */
export type FeedWitness = {
  readonly count: (fact: string) => void;
  readonly violate: (what: string) => void;
  readonly pageServed: (process: SimulatedProcess, fromEventId: number, elements: readonly FeedElement[]) => void;
};

/** The feed from its first element to its last, in the order of positions. */
export function growFeed(plan: FeedPlan, chance: Chance): readonly FeedElement[] {
  const elements: FeedElement[] = [];
  let position = plan.firstEventId - 1;
  const dropsAtMs = plan.retention ? chance.between(1, plan.dropsWithinMs) : Number.POSITIVE_INFINITY;
  const holeAt = plan.hole ? chance.between(5, plan.elements - 5) : undefined;
  for (let count = 0; count < plan.elements; count += 1) {
    position += 1 + (chance.happens(plan.gaps) ? chance.between(1, 30) : 0);
    if (count === holeAt) position += chance.between(10_001, 50_000);
    const share = count / plan.elements;
    const dueMs = share < plan.backlog ? 0 : ((share - plan.backlog) / (1 - plan.backlog)) * plan.grownMs;
    // What comes late before the first, or at the edge of a hole, lies in no gap: the one is believed, the other reported.
    const isEdge = count === 0 || (holeAt !== undefined && (count === holeAt || count === holeAt - 1));
    const isLate = chance.happens(plan.late) && !isEdge;
    const visibleAtMs = Math.round(
      Math.min(plan.grownMs, isLate ? dueMs + chance.between(100, plan.mostLateMs) : dueMs),
    );
    const goneAtMs = count < (holeAt ?? 0) ? dropsAtMs : Number.POSITIVE_INFINITY;
    const event = eventAt(position, plan, chance);
    const add = (raw: unknown, meant: ScanEvent | undefined) => {
      const json = JSON.stringify(raw);
      const name = meant ? keyOf(meant) : json;
      elements.push({
        position,
        name,
        json,
        event: meant,
        visibleAtMs,
        goneAtMs,
        late: isLate,
        lone: false,
        spoilt: undefined,
      });
    };
    // The first element is an event: a poller that has read nothing yet believes the first one it sees. So are those at a
    // hole's edges, which would else be further apart, and the one after it, without which the far edge is not believed.
    const isEvent = isEdge || (holeAt !== undefined && count === holeAt + 1);
    if (chance.happens(plan.unusable) && !isEvent) add(withoutId(event, position, chance), undefined);
    else if (chance.happens(plan.invalid) && !isEvent) add(invalid(event, chance), undefined);
    else {
      add(element(event, chance), event);
      if (chance.happens(plan.twins)) {
        const twin = twinOf(event, chance);
        add(element(twin, chance), twin);
      }
    }
  }
  if (plan.loneJump) {
    const event = eventAt(position + chance.between(1_000_000, 9_000_000), plan, chance);
    // Never alone in the feed: from an empty checkpoint the first event is believed, whatever its id.
    const beside = elements.find(({ goneAtMs }) => goneAtMs === Number.POSITIVE_INFINITY)?.visibleAtMs ?? 0;
    elements.push({
      position: event.eventId,
      name: keyOf(event),
      json: JSON.stringify(element(event, chance)),
      event,
      visibleAtMs: Math.max(beside, chance.between(1, plan.grownMs)),
      goneAtMs: Number.POSITIVE_INFINITY,
      late: false,
      lone: true,
      spoilt: undefined,
    });
  }
  return elements;
}

/** Some with half a character at the cut; of two contents under an id, some differ only beyond it. */
export function lengthen(elements: readonly FeedElement[], share: number, chance: Chance): readonly FeedElement[] {
  if (share === 0) return elements;
  const added = new Map<number, { readonly status: string; readonly digits: string } | undefined>();
  return elements.map((element) => {
    const { event, position } = element;
    if (!added.has(position)) {
      const status = chance.pick(['x', 'ß', '']) + chance.pick(['📦', 'long ']).repeat(chance.between(33, 40));
      added.set(position, chance.happens(share) ? { status, digits: chance.pick(['', '0'.repeat(50)]) } : undefined);
    }
    const more = added.get(position);
    if (!event || !more) return element;
    const longer = {
      ...event,
      statusCode: more.status + event.statusCode,
      createdDateTimeUtc: event.createdDateTimeUtc.replace('Z', `${more.digits}Z`),
    };
    const raw = {
      ...JSON.parse(element.json),
      StatusCode: longer.statusCode,
      CreatedDateTimeUtc: longer.createdDateTimeUtc,
    };
    return { ...element, event: longer, name: keyOf(longer), json: JSON.stringify(raw) };
  });
}

/**
 * The feed with elements that spoil their pages: events that come in time and alone under their id, with others before
 * and behind them.
 */
export function spoil(elements: readonly FeedElement[], share: number, chance: Chance): readonly FeedElement[] {
  const isAlone = (index: number) =>
    elements[index]?.position !== elements[index - 1]?.position &&
    elements[index]?.position !== elements[index + 1]?.position;
  return elements.map((element, index) => {
    const isBetween = index > 1 && index < elements.length - 4;
    const { event, late, goneAtMs, json } = element;
    if (!chance.happens(share) || !isBetween || !isAlone(index)) return element;
    if (!event || late || goneAtMs !== Number.POSITIVE_INFINITY) return element;
    const before = elements[index - 1];
    // What moves no position, right before such a row, is not crossed (record 86). Nor is such a row behind a hole found
    // while the feed goes on for less than the hole's length after it, and refuses ids beyond its newest one.
    if (!before?.event || element.position - before.position > 10_000) return element;
    if (chance.happens(0.5)) return { ...element, spoilt: 'failing' };
    const cut = pageOf([json.replace('"ParcelId":', '"Weight":NaN,"ParcelId":')]);
    return { ...element, json: cut, name: JSON.stringify({ cut, reason: 'NOT_JSON' }), spoilt: 'received' };
  });
}

function pageOf(elements: readonly string[]): string {
  return `{"ScanEvents":[${elements.join(',')}]}`;
}

/** Of an answer that cannot be read. */
const head = { status: 200, headers: {}, url: new URL('http://feed.invalid') };

/** The Scan Event API as a reader must live with it. */
export class SimulatedFeed {
  readonly elements: readonly FeedElement[];
  /** Where a reader that has read everything stands. */
  readonly lastEventId: number;
  readonly #plan: FeedPlan;
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #faults: FaultLayer;
  readonly #witness: FeedWitness;
  readonly #reading = new Map<SimulatedProcess, number>();
  /** When the feed may be asked again at the earliest, as it told each process. */
  readonly #notBefore = new Map<SimulatedProcess, number>();

  constructor(options: {
    readonly elements: readonly FeedElement[];
    readonly plan: FeedPlan;
    readonly time: VirtualTime;
    readonly chance: Chance;
    readonly faults: FaultLayer;
    readonly witness: FeedWitness;
  }) {
    this.elements = options.elements;
    this.lastEventId = Math.max(
      ...options.elements.flatMap(({ event, lone, spoilt }) => (event && !lone && !spoilt ? [event.eventId] : [])),
    );
    this.#plan = options.plan;
    this.#time = options.time;
    this.#chance = options.chance;
    this.#faults = options.faults;
    this.#witness = options.witness;
  }

  /** Whether this process reads several pages at once. */
  readsAtOnce(process: SimulatedProcess): boolean {
    return (this.#reading.get(process) ?? 0) > 2;
  }

  openFor(process: SimulatedProcess): ScanFeed {
    return {
      read: (fromEventId, limit, signal) => {
        const count = (more: number) => this.#reading.set(process, (this.#reading.get(process) ?? 0) + more);
        count(1);
        // Clocks of processes run a little faster or slower.
        if (this.#time.nowMs < (this.#notBefore.get(process) ?? 0))
          this.#witness.violate(`${process.name} asked the feed before the end of its Retry-After`);
        if (limit > 1 && this.readsAtOnce(process)) this.#witness.count('pages read at once');
        const answer = this.#faults.call(
          process,
          { engine: 'feed', operation: `get from ${fromEventId}, limit ${limit}` },
          () => this.#page(fromEventId, limit),
          { answered: (page) => !signal.aborted && this.#witness.pageServed(process, fromEventId, page) },
        );
        answer.catch((error: unknown) => {
          const ms = error instanceof WaybillError ? error.details['retryAfterMs'] : undefined;
          // What was given up meanwhile is never read: nobody knows what it asks for.
          if (typeof ms !== 'number' || ms < 100 || signal.aborted) return;
          this.#notBefore.set(process, Math.max(this.#notBefore.get(process) ?? 0, this.#time.nowMs + ms * 0.99));
        });
        const parsed = answer.then((page): unknown[] => page.map(({ json }): unknown => JSON.parse(json)));
        const { promise: aborted, reject } = Promise.withResolvers<never>();
        const onAbort = () => reject(new WaybillError('FEED_UNAVAILABLE', 'simulated: the request was given up'));
        if (signal.aborted) onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        return Promise.race([parsed, aborted]).finally(() => {
          count(-1);
          signal.removeEventListener('abort', onAbort);
        });
      },
    };
  }

  #page(fromEventId: number, limit: number): readonly FeedElement[] {
    const chance = this.#chance;
    const { repeats, disorder, tooLarge, loweredCap, refusesBeyond } = this.#plan;
    const isLowered = loweredCap !== undefined && this.#time.nowMs >= loweredCap.fromMs;
    const cap = isLowered ? loweredCap.cap : this.#plan.cap;
    const visible = this.elements.filter(
      ({ visibleAtMs, goneAtMs }) => visibleAtMs <= this.#time.nowMs && this.#time.nowMs < goneAtMs,
    );
    const newest = visible.reduce((highest, { position }) => Math.max(highest, position), 0);
    if (refusesBeyond !== undefined && fromEventId > newest + 1) {
      this.#witness.count('optional questions refused');
      throw statusError(refusesBeyond);
    }
    // A server that caps `Limit` keeps to its cap: to a reader, one that does not is one without.
    const isCapped = cap < limit;
    const isOne = limit === 1 && this.#plan.spoilt > 0;
    const most = !isCapped && !isOne && this.#faults.strikes(tooLarge) ? limit * 3 : Math.min(limit, cap);
    const page = visible.filter(({ position }) => position >= fromEventId).slice(0, most);
    const spoiling = page.find(({ spoilt }) => spoilt);
    if (spoiling) {
      this.#witness.count(`pages spoilt, ${spoiling.spoilt}`);
      if (spoiling.spoilt === 'failing') throw statusError(500);
      const bytes = page.length === 1 ? spoiling.json : pageOf(page.map(({ json }) => json));
      throw unreadable('is not JSON', head, Buffer.from(bytes));
    }
    const last = page.at(-1)?.position ?? 0;
    const [again] = chance.shuffled(visible.filter(({ position, lone }) => !lone && position < last));
    const hasRoom = page.length > 0 && (!isCapped || page.length < most);
    if (again && hasRoom && this.#faults.strikes(repeats)) page.splice(chance.between(0, page.length), 0, again);
    return this.#faults.strikes(disorder) ? chance.shuffled(page) : page;
  }
}

function statusError(status: number): WaybillError {
  const code = status < 500 ? 'FEED_UNREADABLE' : 'FEED_UNAVAILABLE';
  return new WaybillError(code, `simulated: status ${status}`, { details: { status } });
}

const [firstMilestone = 'STATUS', ...laterMilestones] = Object.values(milestoneTypes);
/** In this order a seed gives the feed that it has always given. */
const types = [firstMilestone, 'STATUS', 'STATUS', 'STATUS', ...laterMilestones, 'CUSTOMS'] as const;

function eventAt(eventId: number, plan: FeedPlan, chance: Chance): ScanEvent {
  return {
    eventId,
    parcelId: 5_000 + chance.between(1, plan.parcels),
    type: chance.pick(types),
    createdDateTimeUtc: `2021-05-11T21:${String(chance.between(10, 59))}:34.${chance.between(1, 1_506_147)}Z`,
    statusCode: chance.pick(['', 'OK', 'ß漢', 'LEFT AT DOOR']),
    runId: chance.pick(['', 'RUN-100', 'RUN-101']),
  };
}

/** Another content under the same id. */
function twinOf(event: ScanEvent, chance: Chance): ScanEvent {
  return { ...event, statusCode: `${event.statusCode}+`, type: chance.pick(types), runId: chance.pick(['', 'RUN-7']) };
}

/** The event as the feed writes it. */
function element(event: ScanEvent, chance: Chance): Record<string, unknown> {
  const { createdDateTimeUtc, runId } = event;
  return {
    EventId: event.eventId,
    ParcelId: event.parcelId,
    Type: event.type,
    CreatedDateTimeUtc: chance.happens(0.2) ? createdDateTimeUtc.slice(0, -1) : createdDateTimeUtc,
    ...((event.statusCode !== '' || chance.happens(0.5)) && { StatusCode: event.statusCode }),
    Device: { DeviceTransactionId: event.eventId, DeviceId: 103 },
    User: runId === '' ? null : { UserId: 'NC1001', CarrierId: 'NC', RunId: runId },
  };
}

/** A usable id, and something else wrong with it. */
function invalid(event: ScanEvent, chance: Chance): unknown {
  return {
    ...element(event, chance),
    ...chance.pick<object>([{ Type: '' }, { CreatedDateTimeUtc: 'yesterday' }, { ParcelId: -1 }, { User: 'NC' }]),
  };
}

/** An element without a usable id. `position` makes each one's content its own. */
function withoutId(event: ScanEvent, position: number, chance: Chance): unknown {
  return chance.pick<unknown>([
    { ...element(event, chance), EventId: null },
    { ...element(event, chance), EventId: `${position}` },
    { ...element(event, chance), EventId: -position },
    `no event at ${position}`,
    [position],
    null,
  ]);
}
