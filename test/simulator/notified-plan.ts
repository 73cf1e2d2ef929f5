import type { MilestoneName } from '@waybill/shared/domain/milestones.ts';
import type { AnnouncePlan } from './announcement-judge.ts';
import { type Chance, chanceOf } from './chance.ts';
import type { CrashPoint, Engine, Outage, Rates } from './faults.ts';
import { type Incident, type Plan, planOf } from './plan.ts';
import type { ReceiverPlan } from './simulated-receiver.ts';

export type NotifiedPlan = {
  readonly announce: AnnouncePlan;
  readonly notifiers: number;
  readonly webhookConcurrency: number;
  /** `NOTIFY`, `NOTIFY_REQUIREMENTS`, `NOTIFY_CORRECTIONS`, `NOTIFY_MAX_AGE_HOURS` in milliseconds. */
  readonly milestones: readonly MilestoneName[];
  readonly requirements: readonly string[];
  readonly corrections: boolean;
  readonly maxAgeMs: number | undefined;
  readonly receiver: ReceiverPlan;
  readonly parcels: number;
  readonly messages: number;
  /** Shares of messages: put twice; of a replay. */
  readonly repeated: number;
  readonly replayed: number;
  /** Share of parcels whose scans are of long ago, but for some. */
  readonly old: number;
  /** Announcements that nobody can read, and announcements made by hand, on the announcement queue. */
  readonly foreign: number;
  readonly byHand: number;
  /** Nothing but the receiver misbehaves: each message of announcements is received once, unless it is refused. */
  readonly onlyEndpoint: boolean;
  /** The endpoint is away whole, for everybody. */
  readonly endpointOutages: readonly Outage[];
};

const hourMs = 3_600_000;
/** Seconds by which clocks are off: announcements have a bound on ages. */
const clockOffMs = 2_000;
/** Wider than any clock is off, its drift over some hours included. */
export const clockSlackMs = 10_000;

/**
 * A world of processors that announce and of notifiers that tell. Its faults are those of the same seed in the whole world,
 * with more of streams of its own: the endpoint is away, refuses, hangs; so is the announcement queue.
 */
export function notifiedPlanOf(seed: number): { readonly plan: Plan; readonly notified: NotifiedPlan } {
  const base = planOf(seed);
  const chance = chanceOf(seed, 'notified');
  const isCalm = base.profile === 'calm' || base.profile === 'lost receives';
  const crashes = base.faults.crashPoints.length > 0;
  const untilMs = chance.between(30_000, 90_000);
  const notifiers = chance.between(1, 2);
  const endpointOutages = endpointOutagesOf(chance, untilMs);
  const outages = [
    ...base.faults.outages.filter(({ engine }) => engine !== 'feed'),
    ...endpointOutages,
    ...(isCalm ? [] : otherOutagesOf(chance, untilMs)),
  ];
  const parcels = chance.between(2, 15);
  const someParcel = () => 5_000 + chance.between(1, parcels);
  const refuses = new Set(chance.happens(0.4) ? [someParcel()] : []);
  const reports = chance.happens(0.5) ? { refuses: new Set(chance.happens(0.2) ? [someParcel()] : []) } : undefined;
  const milestones = chance.pick([['delivery'], ['delivery'], ['pickup', 'delivery'], ['pickup']] as const);
  const maxAgeMs = chance.happens(0.25) ? 72 * hourMs : undefined;
  return {
    plan: {
      ...base,
      clocks: (kind, index) => {
        const own = chanceOf(seed, `clock of ${kind} ${index}`);
        return { wallOffsetMs: own.between(-clockOffMs, clockOffMs), drift: (own.next() - 0.5) / 2_000 };
      },
      parcelTable: { ...base.parcelTable, throttledPartition: undefined },
      incidents: [...base.incidents, ...incidentsOf(chance, untilMs, notifiers, base)],
      faults: {
        ...base.faults,
        rates: { ...base.faults.rates, announcements: base.faults.rates.sqs ?? sound, ...ratesOf(chance) },
        outages,
        lostReceives: undefined,
        crashPoints: [...base.faults.crashPoints, ...(crashes ? crashPointsOf(chance) : [])],
        faultsEndMs: Math.max(untilMs, ...outages.map(({ toMs }) => toMs)),
      },
    },
    notified: {
      announce: { queues: chance.between(1, 2), maxAgeMs: chance.happens(0.4) ? 0 : 72 * hourMs },
      notifiers,
      webhookConcurrency: chance.between(1, 16),
      milestones,
      requirements: [
        'reached',
        ...(maxAgeMs === undefined ? [] : ['recent']),
        ...(chance.happens(0.4) ? ['picked-up'] : []),
      ],
      corrections: chance.happens(0.4),
      maxAgeMs,
      receiver: { refuses, refusesAtFirst: chance.happens(0.3) ? chance.next() * 0.2 : 0, reports },
      parcels,
      messages: chance.between(5, 30),
      repeated: chance.next() * 0.3,
      replayed: chance.happens(0.6) ? chance.next() * 0.5 : 0,
      old: chance.happens(0.5) ? chance.next() : 0,
      foreign: base.rejected > 0 ? chance.between(0, 3) : 0,
      byHand: chance.between(0, 5),
      onlyEndpoint: isCalm,
      endpointOutages,
    },
  };
}

const sound: Rates = { refused: 0, lost: 0, hung: 0, stuck: 0 };

/** What an endpoint does on an ordinary day: some answer anything, cut off, hang, or answer when nobody listens any more. */
function ratesOf(chance: Chance): { readonly webhook: Rates; readonly report: Rates } {
  const rough = (): Rates => ({
    refused: chance.next() * 0.2,
    lost: chance.next() * 0.15,
    hung: chance.happens(0.5) ? chance.next() * 0.1 : 0,
    stuck: 0,
  });
  return { webhook: chance.happens(0.6) ? rough() : sound, report: chance.happens(0.4) ? rough() : sound };
}

/** Away for two minutes, or for an hour; or it refuses everybody until somebody has mended the secret. */
function endpointOutagesOf(chance: Chance, untilMs: number): readonly Outage[] {
  const away = (longestMs: number, as: Outage['as']): Outage => {
    const fromMs = chance.between(0, untilMs);
    const toMs = fromMs + chance.between(1_000, longestMs);
    return { engine: 'webhook', fromMs, toMs, share: 1, as, only: undefined, sparesReads: false };
  };
  const dice = chance.next();
  if (dice < 0.35) return [];
  if (dice < 0.6) return [away(125_000, chance.pick(['refused', 'silent', 'throttled']))];
  if (dice < 0.75) return [away(300_000, 'forbidden')];
  if (dice < 0.85) return [away(3_600_000, chance.pick(['refused', 'silent', 'forbidden']))];
  return Array.from({ length: chance.between(2, 4) }, () => away(30_000, chance.pick(['refused', 'throttled'])));
}

function otherOutagesOf(chance: Chance, untilMs: number): readonly Outage[] {
  const outage = (engine: Engine): Outage => {
    const fromMs = chance.between(0, untilMs);
    return {
      engine,
      fromMs,
      toMs: fromMs + chance.between(1_000, 125_000),
      share: 1,
      as: chance.pick(['refused', 'silent', 'forbidden']),
      only: undefined,
      sparesReads: false,
    };
  };
  return [
    ...(chance.happens(0.3) ? [outage('announcements')] : []),
    ...(chance.happens(0.2) ? [outage('report')] : []),
  ];
}

function incidentsOf(chance: Chance, untilMs: number, notifiers: number, base: Plan): readonly Incident[] {
  const whom = () => ({ kind: 'notifier', index: chance.between(1, notifiers) }) as const;
  const atMs = () => chance.between(0, untilMs);
  const several = (most: number, make: () => Incident) => Array.from({ length: chance.between(0, most) }, make);
  const has = (what: string) =>
    base.incidents.some((incident) => 'kind' in incident && incident.kind !== 'poller' && incident.what === what);
  return [
    ...(has('stop') ? several(4, () => ({ what: 'stop', ...whom(), atMs: atMs() })) : []),
    ...(has('crash') || base.faults.crashPoints.length > 0
      ? several(4, () => ({ what: 'crash', ...whom(), atMs: atMs() }))
      : []),
    ...(has('freeze')
      ? several(2, () => ({ what: 'freeze', ...whom(), atMs: atMs(), forMs: chance.between(500, 45_000) }))
      : []),
  ];
}

/** Any await of a notifier, and of a processor between its write and the settlement. */
function crashPointsOf(chance: Chance): readonly CrashPoint[] {
  return Array.from({ length: chance.between(1, 6) }, () => ({
    kind: chance.happens(0.7) ? 'notifier' : 'processor',
    call: Math.floor(Math.exp(chance.next() * Math.log(300))),
    when: chance.pick(['asking', 'done', 'answered']),
  }));
}
