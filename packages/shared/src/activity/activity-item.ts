import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { itemBytes, writeUnitBytes } from '../item-size.ts';
import { activityRetentionMs } from '../resources.ts';
import type { ActivityLog } from './activity-log.ts';
import { decodedHour, encodedHour } from './encoded-hour.ts';
import type { Ring, SeriesName } from './ring.ts';
import { type ActiveKind, activeKinds } from './series.ts';
import { type StateName, stateDefinitions } from './states.ts';
import type { Streak } from './streaks.ts';

/** Who says what it does. */
export type ProcessIdentity = {
  /** Kind, and a random part: nothing of a host or a person. */
  readonly process: string;
  readonly kind: ActiveKind;
  readonly version: string;
  readonly startedAtUtc: string;
};

/** What an item says. */
export type ProcessActivity = ProcessIdentity & {
  readonly seenAtUtc: string;
  /** When it stopped in order; null while it runs, and where it was ended. */
  readonly stoppedAtUtc: string | null;
  readonly ring: Ring;
  readonly recent: { readonly ms: number; readonly counts: ReadonlyMap<SeriesName, number> };
  readonly states: ReadonlyMap<StateName, Pick<Streak, 'label' | 'sinceMs'>>;
};

export type Item = Readonly<Record<string, AttributeValue>>;

/**
 * The item of a process: of one write unit. Where it would be larger, the oldest minutes are left out (with every series at
 * its most, four states and long names, some twenty of them).
 */
export function activityItem(identity: ProcessIdentity, log: ActivityLog, { isLast = false } = {}): Item {
  const { process, kind, version, startedAtUtc } = identity;
  const { atMs, ring, recent } = log;
  const seenAtUtc = utc(atMs);
  const counts = new Map<SeriesName, number>();
  for (const interval of recent)
    for (const [name, count] of interval.counts) counts.set(name, (counts.get(name) ?? 0) + count);
  // A stopped process has no states: nobody waits for them to end.
  const states = isLast ? [] : [...log.streaks];
  const rest: Item = {
    process: { S: process },
    kind: { S: kind },
    version: { S: version },
    startedAtUtc: { S: startedAtUtc },
    seenAtUtc: { S: seenAtUtc },
    ...(isLast && { stoppedAtUtc: { S: seenAtUtc } }),
    ...Object.fromEntries(states.map(([name, { label, sinceMs }]) => [name, { S: `${utc(sinceMs)} ${label}` }])),
    minute: { N: String(ring.minute) },
    recentMs: { N: String(recent.reduce((sum, { ms }) => sum + ms, 0)) },
    expiresAt: { N: String(Math.ceil((atMs + activityRetentionMs) / 1_000)) },
  };
  const length = ring.rows.values().next().value?.length ?? 0;
  for (let minutes = length; ; minutes -= 5) {
    const rows = new Map([...ring.rows].map(([name, row]) => [name, row.slice(-Math.max(1, minutes))] as const));
    const item = { ...rest, hour: { B: encodedHour({ rows, recent: counts }) } };
    if (itemBytes(item) <= writeUnitBytes || minutes <= 1) return item;
  }
}

function utc(ms: number): string {
  return new Date(ms).toISOString();
}

const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)));
const number = z.int().nonnegative();

const shape = z.object({
  process: z.string(),
  kind: z.enum(activeKinds),
  version: z.string(),
  startedAtUtc: time,
  seenAtUtc: time,
  stoppedAtUtc: time.optional(),
  minute: number,
  recentMs: number,
  hour: z.instanceof(Uint8Array),
});

/** What an item says, as the document client reads it. Undefined for one of a form that this release does not know. */
export function readActivityItem(item: Readonly<Record<string, unknown>>): ProcessActivity | undefined {
  const { data } = shape.safeParse(item);
  const hour = data && decodedHour(data.hour);
  if (!hour) return undefined;
  const { process, kind, version, startedAtUtc, seenAtUtc, stoppedAtUtc = null } = data;
  return {
    ...{ process, kind, version, startedAtUtc, seenAtUtc, stoppedAtUtc },
    ring: { minute: data.minute, rows: hour.rows },
    recent: { ms: data.recentMs, counts: hour.recent },
    states: statesIn(item),
  };
}

function statesIn(item: Readonly<Record<string, unknown>>): ProcessActivity['states'] {
  const states = new Map<StateName, Pick<Streak, 'label' | 'sinceMs'>>();
  // The keys are those of the record; Object.keys cannot say so.
  for (const name of Object.keys(stateDefinitions) as StateName[]) {
    const [since = '', label = ''] = String(item[name] ?? '').split(' ');
    const sinceMs = Date.parse(since);
    if (!Number.isNaN(sinceMs) && /^[\w.-]{0,80}$/.test(label)) states.set(name, { label, sinceMs });
  }
  return states;
}
