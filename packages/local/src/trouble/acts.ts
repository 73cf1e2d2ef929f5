import type { FailureGroup } from '@waybill/operations/failures/failure-groups.ts';
import type { Status } from '@waybill/operations/status/status-shape.ts';
import { counted } from '@waybill/shared/counted.ts';
import type { RunClient } from './run-client.ts';
import type { TroubleName } from './troubles.ts';

/** What an operator sees of a run at one moment. */
export type Sight = { readonly status: Status; readonly groups: readonly FailureGroup[] };

/** What the page says of a trouble: a sentence each, in its own words. */
export type Sighting = readonly string[];

/** One trouble of the bad day. */
export type Act = {
  readonly name: TroubleName;
  /** Path of the page's screen that shows it. */
  readonly path: string;
  /** What to look for there. */
  readonly look: string;
  /** What the page says of it now; undefined while it says nothing. `before`: as it was when the act began. */
  readonly sighting: (now: Sight, before: Sight, run: Pick<RunClient, 'nextStep'>) => Promise<Sighting | undefined>;
  /** What is left of it once it is over, where that is something. */
  readonly remains?: (spoiled: number) => string;
};

/** Malformed scans that an operator would notice among those that a carrier has on any day. */
const noticed = 5;

/** In the order in which they are played. */
export const acts: readonly Act[] = [
  {
    name: 'carrier-503',
    path: '/',
    look: 'the seconds behind rise; nothing is lost',
    sighting: async ({ status }) => saidOf('carrier-503', status),
  },
  {
    name: 'malformed-scans',
    path: '/failures',
    look: 'a group of dead letters grows; all other scans go on',
    sighting: async ({ status, groups }, before, run) => {
      const said = saidOf('malformed-scans', status);
      const grown = groups.find((group) => group.count - countOf(before.groups, group) >= noticed);
      if (!said || !grown) return undefined;
      const { count, reason, detail, sample } = grown;
      return [...said, `${counted(count, 'failure')}, ${reason}: ${detail}`, await run.nextStep(sample)];
    },
    remains: (spoiled) =>
      `the dead letters of ${counted(spoiled, 'scan')} remain: no release can read them, and the parcels have what was sent again. They expire by themselves.`,
  },
  {
    name: 'throttled-table',
    path: '/',
    look: 'messages wait in the queue and get older; none becomes a dead letter',
    sighting: async ({ status }) => saidOf('throttled-table', status),
  },
  {
    name: 'webhook-401',
    path: '/',
    look: 'notifications are not told, and wait; parcels go on',
    sighting: async ({ status }) => saidOf('webhook-401', status),
  },
];

/** By what a sentence of the status is known to be about a trouble. */
const marks: Readonly<Record<TroubleName, RegExp>> = {
  'carrier-503': /^The carrier has answered 503\b/,
  'malformed-scans': /^The carrier sends malformed events\b/,
  // Where it refuses nearly all, the breaker is open: that is said then.
  'throttled-table': /^DynamoDB has (?:throttled|not taken the writes)\b/,
  'webhook-401': /^The webhook has answered 401\b/,
};

function saidOf(name: TroubleName, { toDo }: Status): Sighting | undefined {
  const said = toDo.filter((sentence) => marks[name].test(sentence));
  return said.length > 0 ? said : undefined;
}

/** What the status still says of troubles that were made: some is of the last minute. */
export function troublesSaid({ toDo }: Status): readonly string[] {
  return toDo.filter((sentence) => Object.values(marks).some((mark) => mark.test(sentence)));
}

function countOf(groups: readonly FailureGroup[], { reason, detail }: FailureGroup): number {
  return groups.find((group) => group.reason === reason && group.detail === detail)?.count ?? 0;
}
