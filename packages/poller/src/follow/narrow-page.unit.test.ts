import { WaybillError } from '@waybill/shared/error.ts';
import { unreadable } from '@waybill/shared/scan-api/scan-api-error.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { junk, type MemoryFeed, type Placed, scan, scans } from '../../test/memory-feed.ts';
import { pass, rig, stop, useVirtualTime } from '../../test/poller-rig.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** What a page is that holds a bad row. */
type Spoil = (elements: readonly unknown[]) => WaybillError;

const head = { status: 200, headers: {}, url: new URL('http://feed.invalid') };

const status = (code: number): Spoil => {
  const kind = code < 500 ? 'FEED_UNREADABLE' : 'FEED_UNAVAILABLE';
  return () => new WaybillError(kind, `status ${code}`, { details: { status: code } });
};
/** As the carrier sends it: `spoilt` stands in the page's JSON, which is sent in that encoding. */
const received = (spoilt: string, what = 'is not JSON', encoding: BufferEncoding = 'utf8'): Spoil => {
  return (elements) => {
    const json = JSON.stringify({ ScanEvents: elements }).replace(/"StatusCode":""/g, `"StatusCode":"${spoilt}"`);
    return unreadable(what, head, Buffer.from(json, encoding));
  };
};
const html: Spoil = () => unreadable('is not JSON', head, Buffer.from('<html>out of order</html>'));

/** The feed with rows that spoil every page that holds one of them. */
function spoilt(feed: MemoryFeed, rows: Readonly<Record<number, Spoil>>): ScanFeed['read'] {
  const read = feed.read;
  return async (fromEventId, limit, signal) => {
    const page = await read(fromEventId, limit, signal);
    const first = feed.placed.findIndex(({ at }) => at >= fromEventId);
    const bad = feed.placed.slice(first, first + page.length).find(({ at }) => rows[at]);
    const spoil = page.length > 0 && bad ? rows[bad.at] : undefined;
    if (spoil) throw spoil(page);
    return page;
  };
}

function run(placed: Placed[], rows: Readonly<Record<number, Spoil>>, options: Parameters<typeof rig>[1] = {}) {
  const made = rig(placed, { requestsPerSecond: 10, gapPatienceMs: 0, ...options });
  made.feed.read = spoilt(made.feed, rows);
  const poller = made.open();
  poller.start();
  return { ...made, poller };
}

const withoutThe = (bad: readonly number[], all: readonly number[]) => new Set(all.filter((id) => !bad.includes(id)));

describe('one row that spoils its page', () => {
  test.each<[string, Spoil, object]>([
    ['a Latin-1 byte', received('\u00e9', 'is not UTF-8', 'latin1'), { reason: 'NOT_UTF8' }],
    ['a raw newline in a string', received('\n'), { reason: 'NOT_JSON' }],
    ['a wrong escape', received('\\d'), { reason: 'NOT_JSON' }],
  ])('(%s) costs none of its 99 neighbours, and goes to the queue as it was received', async (_, spoil, unparsed) => {
    const { queue, checkpoints, poller, value, lines } = run(scans(1, 250), { 160: spoil });
    await pass(20_000);
    expect(new Set(queue.eventIds)).toEqual(withoutThe([160], ids(1, 250)));
    expect(queue.unparsed).toEqual([expect.objectContaining(unparsed)]);
    expect(checkpoints.item?.lastEventId).toBe(250);
    expect(value('waybill.feed.unreadable_rows{cut}')).toBe(1);
    expect(value('waybill.feed.holes')).toBeUndefined();
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', from: 160, to: 160 }));
    await stop(poller);
  });

  test('goes to the queue though nothing was received of it the first time it was asked for alone', async () => {
    let alone = 0;
    const spoil: Spoil = (elements) => {
      const isHiccup = elements.length === 1 && ++alone === 1;
      return isHiccup ? new WaybillError('FEED_UNREADABLE', 'cut off') : received('\n')(elements);
    };
    const { queue, poller, value } = run(scans(1, 40), { 10: spoil });
    await pass(60_000);
    expect(new Set(queue.eventIds)).toEqual(withoutThe([10], ids(1, 40)));
    expect(queue.unparsed).toEqual([expect.objectContaining({ reason: 'NOT_JSON' })]);
    expect(value('waybill.feed.unreadable_rows{hole}')).toBeUndefined();
    await stop(poller);
  });

  test.each([2, 3, 4, 5, 6, 7, 12].flatMap((count) => [1, 2, 5, 100].map((limit) => [count, limit] as const)))(
    'costs none of %i contents of the id right before it, Limit %i',
    async (count, limit) => {
      const contents = Array.from({ length: count }, (_, index) => scan(20, { StatusCode: `c${index}` }));
      const placed = [...scans(1, 19), ...contents.map((element) => ({ at: 20, element })), ...scans(21, 40)];
      const { queue, poller, checkpoints } = run(placed, { 21: received('\n') }, { limit });
      await pass(60_000);
      expect(checkpoints.item?.lastEventId).toBe(40);
      const sent = queue.confirmed.flatMap(({ body }) => body.match(/"c\d+"/g) ?? []);
      expect(new Set(sent)).toEqual(new Set(contents.map(({ StatusCode }) => `"${StatusCode}"`)));
      expect(queue.unparsed).toHaveLength(1);
      await stop(poller);
    },
  );

  test('that is not UTF-8 can be restored byte by byte', async () => {
    const { queue, poller } = run(scans(1, 30), { 10: received('caf\u00e9', 'is not UTF-8', 'latin1') });
    await pass(20_000);
    const [element] = queue.unparsed;
    const cut = typeof element === 'object' && element && 'cut' in element ? String(element.cut) : '';
    const sent = JSON.stringify({ ScanEvents: [scan(10, { StatusCode: 'caf\u00e9' })] });
    expect(Buffer.from(cut, 'latin1')).toEqual(Buffer.from(sent, 'latin1'));
    await stop(poller);
  });

  test.each([500, 502, 503, 400, 404, 422])(
    'with status %i and no content is a hole, and costs none of its neighbours',
    async (code) => {
      const { queue, checkpoints, poller, value, lines } = run(scans(1, 250), { 160: status(code) });
      await pass(60_000);
      expect(new Set(queue.eventIds)).toEqual(withoutThe([160], ids(1, 250)));
      expect(queue.unparsed).toEqual([]);
      expect(checkpoints.item?.lastEventId).toBe(250);
      expect(value('waybill.feed.unreadable_rows{hole}')).toBe(1);
      expect(value('waybill.feed.holes')).toBe(1);
      expect(lines).toContainEqual(expect.objectContaining({ level: 'error', from: 160, to: 160 }));
      await stop(poller);
    },
  );

  test('is found far above the position with some dozens of questions, where its own bytes tell it', async () => {
    const placed = [...scans(1, 50), ...scans(5_050, 5_099)];
    const { feed, queue, checkpoints, poller } = run(placed, { 5050: received('\n') });
    await pass(60_000);
    expect(new Set(queue.eventIds)).toEqual(
      withoutThe(
        [5_050],
        placed.map(({ at }) => at),
      ),
    );
    expect(queue.unparsed).toHaveLength(1);
    expect(checkpoints.item?.lastEventId).toBe(5_099);
    expect(feed.requests.filter(({ limit }) => limit === 1).length).toBeLessThan(60);
    await stop(poller);
  });

  test('of which nothing is received does not take along the next bad one, of which something is', async () => {
    const { queue, checkpoints, poller, value } = run(scans(1, 60), { 20: status(500), 21: received('\n') });
    await pass(120_000);
    expect(new Set(queue.eventIds)).toEqual(withoutThe([20, 21], ids(1, 60)));
    expect(queue.unparsed).toEqual([expect.objectContaining({ reason: 'NOT_JSON' })]);
    expect(value('waybill.feed.unreadable_rows{hole}')).toBe(1);
    expect(checkpoints.item?.lastEventId).toBe(60);
    await stop(poller);
  });

  test('is passed without any row between it and the next bad one, where nothing tells them apart', async () => {
    const at = [...ids(1, 50), 75, 90, 100, ...ids(130, 180)];
    const placed = at.map((id) => ({ at: id, element: scan(id) }));
    const { queue, checkpoints, poller } = run(placed, { 75: status(500), 100: status(500) });
    await pass(300_000);
    expect(new Set(queue.eventIds)).toEqual(withoutThe([75, 100], at));
    expect(checkpoints.item?.lastEventId).toBe(180);
    await stop(poller);
  });

  test('at the very end of the feed waits for a newer event where nothing of it was received', async () => {
    const { feed, queue, checkpoints, poller } = run(scans(1, 50), { 50: status(500) });
    await pass(300_000);
    expect(checkpoints.item?.lastEventId).toBe(49);
    feed.placed.push(...scans(51, 60));
    await pass(120_000);
    expect(new Set(queue.eventIds)).toEqual(withoutThe([50], ids(1, 60)));
    expect(checkpoints.item?.lastEventId).toBe(60);
    await stop(poller);
  });

  test('is the first of the feed, too', async () => {
    const { queue, checkpoints, poller } = run(scans(83_269, 83_300), { 83269: received('\n') });
    await pass(60_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(83_270, 83_300)));
    expect(checkpoints.item?.lastEventId).toBe(83_300);
    await stop(poller);
  });

  test('is watched as a gap where nothing of it was received: it is read when it heals', async () => {
    const rows: Record<number, Spoil> = { 160: status(500) };
    const { queue, poller, value } = run(scans(1, 250), rows, { gapPatienceMs: 600_000 });
    await pass(60_000);
    expect(queue.eventIds).not.toContain(160);
    delete rows[160];
    await pass(300_000);
    expect(queue.eventIds).toContain(160);
    expect(value('waybill.feed.late_events')).toBe(1);
    await stop(poller);
  });
});

test('one row in a hundred that is not UTF-8 leaves a third of the rate, and loses no other', async () => {
  const bad = ids(1, 20).map((n) => n * 100 - 37);
  const rows = Object.fromEntries(bad.map((id) => [id, received('\u00e9', 'is not UTF-8', 'latin1')]));
  const { queue, checkpoints, poller } = run(scans(1, 2_000), rows);
  await pass(120_000);
  expect(checkpoints.item?.lastEventId).toBe(2_000);
  expect(new Set(queue.eventIds)).toEqual(withoutThe(bad, ids(1, 2_000)));
  expect(queue.unparsed).toHaveLength(20);
  await stop(poller);
});

test('several readers that catch up leave a bad row to the one at the position', async () => {
  const placed = scans(1, 20_000);
  const bad = [3_333, 12_345];
  const rows = { 3333: received('\n'), 12345: status(500) };
  const made = rig(placed, { catchUpReaders: 8, requestsPerSecond: 100 });
  made.feed.before = () => new Promise((resolve) => setTimeout(resolve, 100));
  made.feed.read = spoilt(made.feed, rows);
  const poller = made.open();
  poller.start();
  await pass(120_000);
  expect(made.value('waybill.feed.catch_ups')).toBeGreaterThan(0);
  expect(made.checkpoints.item?.lastEventId).toBe(20_000);
  expect(new Set(made.queue.eventIds)).toEqual(withoutThe(bad, ids(1, 20_000)));
  expect(made.queue.unparsed).toHaveLength(1);
  await stop(poller);
});

describe('an outage is not a bad page', () => {
  test.each<[string, Spoil]>([
    ['status 500', status(500)],
    ['an HTML page with status 200', html],
    ['a wrong envelope', () => unreadable('is not a page', head, Buffer.from('{"error":"out of order"}'))],
    ['status 401', status(401)],
    ['status 403', status(403)],
    ['status 429', status(429)],
    ['no answer', () => new WaybillError('FEED_UNAVAILABLE', 'no answer in time')],
  ])('%s for everything moves nothing, is not asked hot, and ends when the feed is back', async (_, spoil) => {
    let isOut = false;
    const { feed, queue, checkpoints, poller, value } = run(scans(1, 1_000), {});
    feed.before = () => {
      if (isOut) throw spoil([]);
    };
    await pass(300);
    isOut = true;
    const { length } = feed.requests;
    const { lastEventId = 0 } = checkpoints.item ?? {};
    await pass(600_000);
    expect(checkpoints.item?.lastEventId ?? 0).toBeLessThanOrEqual(lastEventId + 100);
    // A request every 15 s, and now and then one elsewhere.
    expect(feed.requests.length - length).toBeLessThan(120);
    expect(poller.ready().parts['feed']?.ok).toBe(false);
    isOut = false;
    await pass(60_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 1_000)));
    expect(value('waybill.feed.unreadable_rows')).toBeUndefined();
    expect(queue.unparsed).toEqual([]);
    await stop(poller);
  });

  test('half of all answers with status 500 lose nothing', async () => {
    const { feed, queue, checkpoints, poller, value } = run(scans(1, 3_000), {});
    let turn = 1;
    feed.before = () => {
      turn = (turn * 48_271) % 2_147_483_647;
      if (turn % 2 === 0) throw status(500)([]);
    };
    await pass(600_000);
    expect(checkpoints.item?.lastEventId).toBe(3_000);
    expect(new Set(queue.eventIds)).toEqual(new Set(ids(1, 3_000)));
    expect(value('waybill.feed.unreadable_rows')).toBeUndefined();
    await stop(poller);
  });
});

describe('a row that cannot be read, right after a page without a usable id', () => {
  test.each<[string, Spoil]>([
    ['a Latin-1 byte', received('\u00e9', 'is not UTF-8', 'latin1')],
    ['a 500', status(500)],
  ])('(%s) is passed over, and the feed is read on', async (_, spoil) => {
    const placed = [...scans(1, 50), ...junk(51, 170), ...scans(171, 300)];
    const { queue, checkpoints, poller, value, lines } = run(placed, { 171: spoil });
    await pass(120_000);
    expect(checkpoints.item?.lastEventId).toBe(300);
    expect(new Set(queue.eventIds)).toEqual(withoutThe(ids(51, 171), ids(1, 300)));
    expect(value('waybill.feed.unreadable_rows')).toBe(1);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'hole in the feed crossed', from: 51 }));
    expect(poller.ready().parts['progress']?.ok).toBe(true);
    await stop(poller);
  });
});
