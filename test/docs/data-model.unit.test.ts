import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { batchIdLength } from '@waybill/api/ingestion/batch-ids.ts';
import { batchView } from '@waybill/operations/batches/batch-view.ts';
import { operationKinds, outcomes } from '@waybill/operations/record/operation.ts';
import { costOf, type Plan } from '@waybill/operations/record/plan.ts';
import { readActivityItem } from '@waybill/shared/activity/activity-item.ts';
import { decodeGaps } from '@waybill/shared/checkpoint/stored-gaps.ts';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import { parcelIdOf } from '@waybill/shared/domain/scan-event.ts';
import { indexKeys } from '@waybill/shared/index-keys.ts';
import { storedParcel } from '@waybill/shared/parcels/parcel-item.ts';
import {
  activityRetentionMs,
  batchRetentionDays,
  failureRetentionDays,
  operationRetentionDays,
  physicalName,
  tables,
} from '@waybill/shared/resources.ts';
import { describe, expect, it } from 'vitest';
import { type DocumentedValue, documentedTables, fenced } from './data-model.ts';

const page = readFileSync(fileURLToPath(import.meta.resolve('../../docs/data-model.md')), 'utf8');
const documented = documentedTables(page);
const examplesOf = (name: string) => documented.find((table) => table.name === name)?.examples ?? [];

const text = (value: DocumentedValue | undefined) => (value && 'S' in value ? value.S : undefined);
const number = (value: DocumentedValue | undefined) => (value && 'N' in value ? Number(value.N) : undefined);

it('is about every table, by its key', () => {
  expect(documented.map(({ name, key }) => [name, key])).toEqual(
    Object.values(tables).map(({ name, key }) => [name, `${key.name} ${key.type}`]),
  );
});

describe.each(documented)('docs/data-model.md, $name', ({ name, key, attributes, examples, commands }) => {
  const types = new Map(attributes.map((attribute) => [attribute.name, attribute.type]));

  it('has every attribute once, and no other', () => {
    expect(attributes.map((attribute) => attribute.name).toSorted()).toEqual(
      Object.keys(indexKeys[name] ?? {}).toSorted(),
    );
  });

  it('says of each what type it has, and whether others may rely on it', () => {
    for (const { name: attribute, type, kind } of attributes) {
      const use = indexKeys[name]?.[attribute];
      expect(['S', 'N', 'B', 'SS', 'NS', 'M', 'L'], attribute).toContain(type);
      if (use !== 'no key') expect([attribute, type]).toEqual([attribute, use]);
      expect(['contract', 'bookkeeping'], attribute).toContain(kind);
    }
  });

  it('shows items of these attributes, with the key', () => {
    expect(examples.length).toBeGreaterThan(0);
    const [keyName = '', keyType] = key.split(' ');
    for (const item of examples) {
      expect(Object.keys(item[keyName] ?? {})).toEqual([keyType]);
      for (const [attribute, value] of Object.entries(item))
        expect({ [attribute]: Object.keys(value)[0] }).toEqual({ [attribute]: types.get(attribute) });
    }
  });

  it('has commands that bash can read, for this table, with its key', () => {
    const gets = commands.filter((line) => line.startsWith('aws dynamodb get-item '));
    expect(gets.length).toBeGreaterThan(0);
    for (const line of commands.filter((command) => command.includes('aws dynamodb')))
      expect(line).toContain(` --table-name "${physicalName('$ENVIRONMENT', name)}" `);
    for (const line of gets) {
      const [, json = '{}'] = / --key '([^']+)'/.exec(line) ?? [];
      const [keyName = '', keyType = ''] = key.split(' ');
      expect(JSON.parse(json)).toEqual({ [keyName]: { [keyType]: expect.any(String) } });
    }
    const { status, stderr } = spawnSync('bash', ['-n'], { input: commands.join('\n'), encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('its example parcels', () => {
  it.each(examplesOf(tables.parcels.name))('are read by the processor, and agree with themselves: %#', (item) => {
    const parcelId = number(item['parcelId']) ?? 0;
    const { state } = storedParcel(item, parcelId);
    const entries = historyOf(item['history']);
    const { runId: _, ...latest } = state.latest;
    expect(entries.toSorted((a, b) => a.eventId - b.eventId).at(-1)).toEqual(latest);
    const { pickup, delivery } = state.milestones;
    for (const [type, milestone] of [
      ['PICKUP', pickup],
      ['DELIVERY', delivery],
    ] as const) {
      const first = entries.find((entry) => entry.type === type);
      expect(milestone).toEqual(first && { eventId: first.eventId, timeUtc: first.createdDateTimeUtc });
    }
    expect(number(item['openShard'])).toBe(delivery ? undefined : parcelId % 16);
    expect(item['openedAtMs'] === undefined).toBe(delivery !== undefined);
    const expiresAt = delivery && Date.parse(delivery.timeUtc) / 1_000 + 90 * 86_400;
    expect(number(item['expiresAt'])).toBe(expiresAt);
  });

  it('are one that is open and one that was delivered', () => {
    expect(examplesOf(tables.parcels.name).map((item) => item['deliveryEventId'] !== undefined)).toEqual([false, true]);
  });
});

it('its example of activity is read by operations, with the state that it shows', () => {
  const [item = {}] = examplesOf(tables.activity.name);
  const plain = Object.entries(item).map(([name, value]) => [
    name,
    'B' in value ? value.B : (number(value) ?? text(value)),
  ]);
  const read = readActivityItem(Object.fromEntries(plain));
  expect(read?.states.get('feed')).toEqual({
    label: '503',
    sinceMs: Date.parse(text(item['feed'])?.split(' ')[0] ?? ''),
  });
  expect(read?.ring.rows.get('read')?.length).toBe(3);
  expect(number(item['expiresAt'])).toBe(Math.ceil((Date.parse(read?.seenAtUtc ?? '') + activityRetentionMs) / 1_000));
});

it('its example checkpoint has a watermark before the open gap that it has', () => {
  const [item = {}] = examplesOf(tables.checkpoints.name);
  const gaps = decodeGaps(text(item['openGaps']) ?? '', number(item['lastEventId']) ?? 0, 0);
  expect(gaps?.map(({ from }) => from - 1)).toEqual([number(item['watermark'])]);
});

it('its example failure is an element that the poller rejects, with its id, its parcel and its expiry', () => {
  const [item = {}] = examplesOf(tables.failures.name);
  const element = JSON.parse(text(item['body']) ?? '');
  const result = parse(element);
  if (!('rejection' in result)) throw new Error('the example is a valid event');
  const { code, path, expected } = result.rejection;
  expect(text(item['detail'])).toBe(`${code}: expected ${expected} in ${path}`);
  expect(text(item['failureId'])).toBe(`event-${element.EventId}`);
  expect(number(item['parcelId'])).toBe(parcelIdOf(element));
  const lastFailed = Date.parse(text(item['lastFailedAtUtc']) ?? '') / 1_000;
  expect(number(item['expiresAt'])).toBe(Math.ceil(lastFailed) + failureRetentionDays * 86_400);
});

it('its example operation is one that this release reads, with its month and its expiry', () => {
  const [item = {}] = examplesOf(tables.operations.name);
  const started = text(item['startedAtUtc']) ?? '';
  expect(text(item['operationId'])).toMatch(
    new RegExp(`^${started.slice(0, 19).replaceAll(/[-:]/g, '')}-[0-9a-f]{8}$`),
  );
  expect(text(item['startedMonth'])).toBe(started.slice(0, 7));
  expect(number(item['expiresAt'])).toBe(Math.ceil(Date.parse(started) / 1_000) + operationRetentionDays * 86_400);
  expect(operationKinds).toContain(text(item['kind']));
  expect(outcomes).toContain(text(item['outcome']));
  const { cost, ...plan }: Plan = JSON.parse(text(item['plan']) ?? '');
  expect(cost).toEqual(costOf(cost));
  expect(Object.keys(plan).toSorted()).toEqual([
    'byReason',
    'count',
    'isMoreThan',
    'newestUtc',
    'notLookedAt',
    'oldestUtc',
    'samples',
    'warnings',
  ]);
});

it('its example batch is one that this release reads, with its day and its expiry', () => {
  const [item = {}, key = {}] = examplesOf(tables.batches.name);
  const view = batchView(Object.fromEntries(Object.entries(item).map(([name, value]) => [name, read(value)])));
  expect(view).toMatchObject({ batchId: text(item['batchId']), status: 'processing', packsPending: 1 });
  const created = text(item['createdAtUtc']) ?? '';
  expect(text(item['createdDay'])).toBe(created.slice(0, 10));
  expect(number(item['expiresAt'])).toBe(Math.ceil(Date.parse(created) / 1_000) + batchRetentionDays * 86_400);
  expect(text(item['batchId'])).toHaveLength(batchIdLength);
  expect(text(key['keyOf'])).toBe(text(item['batchId']));
  expect(number(key['createdAtMs'])).toBe(Date.parse(created));
});

const indexes = Object.values(tables).flatMap((table) =>
  ('indexes' in table ? table.indexes : []).map((index) => ({ table: table.name, ...index })),
);

it.each(indexes)('says of the index $name of $table what it holds', ({ table, name, key, sortKey, projection }) => {
  const ofTable = page.split(/^## /m).find((one) => one.includes(`\n\`${table}\`. `)) ?? '';
  const section = ofTable.split(/^### /m).find((one) => one.startsWith(`Index ${name}\n`)) ?? '';
  for (const each of [key, sortKey]) expect(section).toContain(`\`${each.name}\` (${each.type}`);
  const projected = typeof projection === 'string' ? [] : projection.include;
  for (const attribute of projected) expect(section).toContain(`\`${attribute}\``);
});

it('makes a failure id of a body as the consumer does', () => {
  const [, body = '', digest] = /printf '%s' '(.+)' \| sha256sum\n[\s\S]*?`body-([0-9a-f]+)`/.exec(page) ?? [];
  expect(createHash('sha256').update(body).digest('hex')).toBe(digest);
  expect(fenced(page, 'sh').join('')).toContain(body);
});

/** A value as DynamoDB's document client reads it. */
function read(value: DocumentedValue): unknown {
  if ('SS' in value) return new Set(value.SS);
  if ('NS' in value) return new Set(value.NS.map(Number));
  return number(value) ?? text(value);
}

function historyOf(value: DocumentedValue | undefined) {
  const entries = value && 'SS' in value ? value.SS : [];
  return entries.map((entry) => {
    const [eventId, createdDateTimeUtc, type, statusCode] = JSON.parse(entry);
    return { eventId, createdDateTimeUtc, type, statusCode };
  });
}
