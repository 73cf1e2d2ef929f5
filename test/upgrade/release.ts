import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** An item in the form of DynamoDB's API. Waybill writes only strings, numbers, sets of them and lists of strings. */
const item = z.record(
  z.string(),
  z.union([
    z.strictObject({ S: z.string() }),
    z.strictObject({ N: z.string() }),
    z.strictObject({ SS: z.array(z.string()) }),
    z.strictObject({ NS: z.array(z.string()) }),
    z.strictObject({ L: z.array(z.strictObject({ S: z.string() })) }),
  ]),
);

export type Item = z.infer<typeof item>;

const queued = z.strictObject({
  body: z.string(),
  attributes: z.record(z.string(), z.strictObject({ DataType: z.string(), StringValue: z.string() })),
});

/** A message as it lies on a queue. */
export type Queued = z.infer<typeof queued>;

const message = queued.extend({
  /** Who put it on the scan queue. */
  from: z.enum(['poller', 'processor', 'another producer']),
  /** Sent when the others are settled, as a redrive after a fix. */
  redriven: z.boolean(),
  /** What became of it. */
  ends: z.enum(['deleted', 'dead-lettered']),
});

export type Message = z.infer<typeof message>;

/** A message as it is sent. */
export type SentMessage = Omit<Message, 'ends'>;

const release = z.strictObject({
  /** Messages of every kind that the release puts on the scan queue, or takes from it. */
  messages: z.array(message),
  /** What the release made of these messages. */
  parcels: z.array(item),
  failures: z.array(item),
  /** The record of a message on whose last allowed receive the process was killed. */
  interrupted: item,
  /** The poller's item in each state of its life. */
  checkpoints: z.strictObject({ taken: item, held: item, released: item }),
  /** Since 0.2.0: what the release announces of its parcels, what it keeps of having told, been refused and left it, and the ids under which it told. */
  told: z
    .strictObject({ announcements: z.array(queued), notifications: z.array(item), ids: z.array(z.string()) })
    .optional(),
  /** Since 0.2.0: what a push leaves in the batches table before and after its messages are settled. */
  pushed: z.strictObject({ messages: z.array(queued), sent: z.array(item), settled: z.array(item) }).optional(),
});

export type Told = NonNullable<z.infer<typeof release>['told']>;
export type Pushed = NonNullable<z.infer<typeof release>['pushed']>;

/** What one release wrote. */
export type Release = z.infer<typeof release>;

const releases = new URL('releases/', import.meta.url);

/** Every recorded release, the oldest first. */
export async function recordedReleases(): Promise<readonly { readonly version: string; readonly release: Release }[]> {
  const versions = await readdir(releases);
  versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return await Promise.all(versions.map(async (version) => ({ version, release: await readRelease(version) })));
}

async function readRelease(version: string): Promise<Release> {
  const folder = new URL(`${version}/`, releases);
  const recorded = (await readdir(folder)).map((file) => file.slice(0, -'.json'.length));
  const files = recorded.map(async (name) => {
    const json = await readFile(new URL(`${name}.json`, folder), 'utf8');
    return [name, JSON.parse(json)];
  });
  return release.parse(Object.fromEntries(await Promise.all(files)));
}

/** Writes a release's folder. Rejects where there is one already: what a release wrote does not change afterwards. */
export async function keepRelease(version: string, recorded: Release): Promise<void> {
  await mkdir(releases, { recursive: true });
  await mkdir(new URL(`${version}/`, releases));
  for (const [name, content] of Object.entries(recorded)) {
    await writeFile(new URL(`${version}/${name}.json`, releases), `${JSON.stringify(content, undefined, 2)}\n`);
  }
}
