import type { Activity } from '@waybill/operations/activity/activity.ts';
import type { Status } from '@waybill/operations/status/status-shape.ts';
import { describe, expect, test } from 'vitest';
import * as worlds from '../../../test/now-worlds.ts';
import { textOf } from '../../../test/page-text.ts';
import { nowView } from './now-view.ts';

const { healthy, calm } = worlds;
const view = (status: Status, activity: Activity | null) => String(nowView(status, activity, worlds.nowMs));
const text = (status: Status, activity: Activity | null = null) => textOf(view(status, activity));
/** The columns of a plot's table, each with its values. */
function tableOf(markup: string, id: string): Readonly<Record<string, readonly string[]>> {
  const [, table = ''] = new RegExp(`<details id="${id}-minutes">([^]*?)</table>`).exec(markup) ?? [];
  const names = [...table.matchAll(/<th scope="col"[^>]*>([^<]*)/g)].map(([, name = '']) => name);
  const rows = table
    .split('<tr><th>')
    .slice(1)
    .map((row) => row.split('<td>').map((cell) => cell.trim()));
  return Object.fromEntries(names.map((name, column) => [name, rows.map((row) => row[column] ?? '')]));
}

describe('the first screen', () => {
  test('where all is well, says so, and how the last hour was', () => {
    const lines = text(healthy, calm);
    expect(lines.slice(0, 2)).toEqual([
      'Complete through EventId 110581, 4 s behind. No dead letters.',
      'Nothing to do.',
    ]);
    expect(lines).toEqual(
      expect.arrayContaining([
        '4 s behind the feed',
        '50 stored; parcels written per second by outcome:',
        '3 waiting, 40 in hand, the oldest for 4 s',
        '2 in the last hour, 0 in this minute',
        'alive poller-1/0',
        'closed',
        '$0.60',
        '3 processes in the last hour',
      ]),
    );
    expect(lines.join()).not.toMatch(/First steps|silent|Not asked|ACTIVITY_TABLE/);
  });

  test('where much is wrong, says what to do line by line, and leads to the screens of the commands that it names', () => {
    const markup = view(worlds.burning, worlds.troubled);
    expect(textOf(markup).slice(0, 4)).toEqual([
      'Complete through EventId 110402, 62 min behind, catching up to 142900; read to 110581 but for 2 open gaps. 10,000 dead letters of 7 kinds. 37 notifications not told: waybill notifications list.',
      ...worlds.burning.toDo,
    ]);
    expect(markup).toContain('<p id="sentence" class="sentence trouble">');
    expect(markup).toContain('<a href="/failures"><code>waybill failures groups</code></a>.');
    expect(markup).toContain('<a href="/notifications"><code>waybill notifications list</code></a>.');
    expect(textOf(markup)).toEqual(expect.arrayContaining(['open: DynamoDB', '2 from 110403', '10,000', '37']));
  });

  test('where nothing has run yet, says the first steps', () => {
    const lines = text(worlds.empty);
    expect(lines).toEqual(
      expect.arrayContaining(['Start a poller.', 'This is a deployment in which nothing has run yet. First steps:']),
    );
    expect(lines.join()).toContain('set ACTIVITY_TABLE');
  });

  test('where a part does not answer, names it, and how old the rest is', () => {
    const lines = text(worlds.stale, worlds.old);
    expect(lines).toEqual(
      expect.arrayContaining([
        'the dead-letter queue: a service that this needs does not answer',
        'The last hour is shown as processes wrote it 2026-11-28 09:33:23Z 27 min ago.',
        'silent poller-1/0',
        'processor-5f3a9c1b silent',
      ]),
    );
  });

  test('announces what is to do, not the numbers that change with every look', () => {
    const announced = (status: Status) => /role="status">(.*?)<\/div>/s.exec(view(status, calm))?.[1];
    const later = { ...healthy, sentence: healthy.sentence.replace('4 s', '7 s').replace('110581', '110922') };
    expect(announced(later)).toBe(announced(healthy));
    expect(announced(worlds.burning)).not.toBe(announced(healthy));
  });
});

describe('a plot', () => {
  test('has a table of all that it draws: 60 minutes, whole numbers, and rates to the tenth, the last one of now', () => {
    const markup = view(healthy, { ...calm, levels: { ...calm.levels, queueDepth: calm.minutes.map(() => null) } });
    const events = tableOf(markup, 'plot-events');
    expect(Object.keys(events)).toEqual(['UTC', 'applied', 'merged', 'redundant']);
    expect(events['UTC']?.[0]).toBe('09:01');
    expect(events['applied']).toHaveLength(60);
    expect(events['applied']?.slice(0, 2)).toEqual(['25', '25.5']);
    expect(events['applied']?.at(-1)).toBe('26.1');
    expect(tableOf(markup, 'plot-queue')['messages']?.at(-1)).toBe('–');
    expect(tableOf(view(worlds.burning, worlds.troubled), 'plot-queue')['messages']?.at(-1)).toBe('41,300');
  });

  test('is small, with the whole screen', () => {
    expect(view(worlds.burning, worlds.troubled).length).toBeLessThan(25_000);
  });
});

test('no text of a process, a carrier or a lease gets out of its place', () => {
  const hostile = '<img src=x onerror=alert(1)>\u202E"\'';
  const lease = { ...healthy.position.lease, holder: hostile };
  const markup = view(
    {
      ...healthy,
      ...{ sentence: `${hostile} Start it.`, toDo: ['Start it.'], notes: [hostile], feed: hostile },
      position: { ...healthy.position, lease },
      notAsked: [{ part: 'queue', why: hostile }],
    },
    {
      ...calm,
      processes: calm.processes.map((each) => ({ ...each, process: hostile, version: hostile })),
    },
  );
  expect(markup).not.toContain('<img');
  expect(markup.split('&lt;img src=x onerror=alert(1)&gt;').length - 1).toBeGreaterThanOrEqual(10);
  expect(markup).toContain(`<bdi class="foreign">&lt;img`);
});
