import { type Clock, systemClock } from '@waybill/shared/clock.ts';
import { failureReasons } from '@waybill/shared/failures/failure-record.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { useEngines } from '../../../../consumer/test/engines.ts';
import { failureLogOf } from '../../../../operations/test/dead-letter-rig.ts';
import { tableOf } from '../../../../operations/test/parcels-rig.ts';
import { deploymentOf, openApi, tokens } from '../../../test/api-rig.ts';
import { openBrowser } from '../../../test/page-rig.ts';

const engines = useEngines(process.env);
const atMs = Date.parse('2026-11-28T10:00:00.000Z');
const hostile = '<img src=x onerror=alert(1)> \u202Egnp.exe';

/** An API whose failures table is its own, with these failures, each a second after the one before. */
async function withFailures(
  failures: readonly { readonly reason: string; readonly detail: string; readonly failureId?: string }[],
  clock: Clock = systemClock,
) {
  const failuresTable = await tableOf(engines().dynamodb, tables.failures);
  const resources = { ...engines().resources, failuresTable };
  await Promise.all(
    failures.map((failure, index) =>
      failureLogOf({ ...engines(), resources }, atMs + index * 1_000).record({
        ...{ failureId: `event-${index + 1}`, parcelId: 5_001 + index, body: '{"User":"jane.doe"}', ...failure },
      }),
    ),
  );
  return openApi({ engines: engines(), deps: { deployment: deploymentOf(resources), clock } });
}

const invalid = (of: number) => ({ reason: 'INVALID_EVENT', detail: `INVALID_DATE: of ${of}` });

describe('the screen of failures', () => {
  test('says that there is nothing to do where nothing failed', async () => {
    const { get } = await openBrowser(await withFailures([]));
    expect((await get('/failures')).text).toContain('No failures. Nothing to do.');
    expect((await get('/failures?reason=INVALID_EVENT')).text).toContain('No failure fits this filter.');
    expect((await get('/failures/group?reason=INVALID_EVENT')).text).toContain('No failure is left here.');
  });

  test('is one count for all who look at once, and says how old it is', async () => {
    let passedMs = 0;
    const clock: Clock = { ...systemClock, now: () => atMs + passedMs, monotonic: () => 0 };
    const rig = await withFailures([invalid(1)], clock);
    const one = await openBrowser(rig);
    const other = await openBrowser(rig, tokens.read);
    expect((await one.get('/failures')).html).toContain('2026-11-28 10:00:00Z</time></p>');
    const resources = { ...engines().resources, failuresTable: rig.deps.deployment.failuresTable };
    const later = { ...invalid(2), failureId: 'event-2', parcelId: 5_002, body: '{}' };
    await failureLogOf({ ...engines(), resources }, atMs).record(later);
    passedMs = 7_000;
    const seen = await other.get('/failures');
    expect(seen.text).toMatch(/^Failures 1 failure of 1 kind/);
    expect(seen.html).toContain('2026-11-28 10:00:00Z</time> <strong class="warn">7 s ago</strong></p>');
    expect(seen.text).not.toContain('Redrive');
    expect((await one.get('/failures?reason=INVALID_EVENT')).text).toContain('2 failures of 1 kind');
  });

  test('leads from causes, the largest first, to the records of one, and to one record with what to do', async () => {
    const failures = [invalid(1), { reason: 'STORE_REJECTED', detail: hostile }, invalid(3)];
    const { get } = await openBrowser(await withFailures(failures));
    const groups = await get('/failures');
    expect(groups.text).toMatch(
      /^Failures 3 failures of 2 kinds.* INVALID_EVENT INVALID_DATE: of … 2 .* STORE_REJECTED <img/,
    );
    expect(groups.text).toMatch(/What to do INVALID_EVENT If the carrier is wrong.*STORE_REJECTED DynamoDB refuses/);
    expect(groups.html).not.toContain('<img');
    const group = await get(groups.link('INVALID_EVENT'));
    expect(group.text).toContain('2 failures in all');
    expect(group.text).toMatch(/event-3 .* 5003 .* event-1 .* 5001/);
    expect(group.text).not.toContain('event-2');
    expect(group.form('Redrive these 2…')).toEqual({
      ...{ action: '/redrives/plan', method: 'post' },
      fields: [
        ['reason', 'INVALID_EVENT'],
        ['detail', 'INVALID_DATE: of …'],
      ],
    });
    const record = await get(group.link('event-3'));
    expect(record.text).toContain('waybill dlq redrive --failure event-3');
    expect(record.text).toContain('{"User":"jane.doe"}');
    expect(record.link('Its parcel')).toBe('/parcel/5003');
    expect(record.form('Redrive this one…').fields).toEqual([['failureId', 'event-3']]);
    const refused = await get(groups.link('STORE_REJECTED'));
    expect(refused.html).toContain(`<bdi class="foreign">&lt;img src=x onerror=alert(1)&gt; \u202Egnp.exe</bdi>`);
  });

  test('keeps its filters in the URL, and passes them on', async () => {
    const { get, submit } = await openBrowser(await withFailures([invalid(1), invalid(2), invalid(3)]));
    const form = (await get('/failures')).form('Show');
    const narrow = await submit(form, { reason: 'INVALID_EVENT', detail: 'DATE: of', since: '2026-11-28T10:00' });
    expect(narrow.text).toContain('3 failures of 1 kind fit this filter');
    expect(narrow.html).toContain('value="2026-11-28T10:00"');
    expect(narrow.html).toContain('<option value="INVALID_EVENT" selected>');
    expect((await get(narrow.link('INVALID_EVENT'))).text).toContain('Only what failed since 2026-11-28 10:00:00Z');
    expect((await get('/failures?parcelId=5002')).link('INVALID_EVENT')).toContain('parcelId=5002');
    const wrong = await get('/failures?parcelId=x&since=yesterday');
    expect(wrong).toMatchObject({ status: 400, text: expect.stringContaining('/since a time in UTC') });
  });

  test('pages through a few hundred records without leaving one out', async () => {
    const { get } = await openBrowser(await withFailures(Array.from({ length: 230 }, (_, index) => invalid(index))));
    const ids: string[] = [];
    let page = await get('/failures/group?reason=INVALID_EVENT');
    for (let pages = 1; ; pages += 1) {
      ids.push(...[...page.text.matchAll(/event-(\d+)/g)].map(([, of = '']) => of));
      if (!page.text.includes('Next page')) {
        expect(pages).toBe(3);
        break;
      }
      page = await get(page.link('Next page'));
    }
    expect(ids).toEqual(Array.from({ length: 230 }, (_, index) => String(230 - index)));
    expect((await get(page.link('First page'))).text).toContain('230 failures in all');
  });

  test('offers no act, and shows no body, to a token that may only read', async () => {
    const api = await withFailures([invalid(1)]);
    const { get } = await openBrowser(api, tokens.read);
    for (const path of ['/failures', '/failures/group?reason=INVALID_EVENT', '/failures/record/event-1']) {
      const { status, html } = await get(path);
      expect(status, path).toBe(200);
      expect(html, path).not.toMatch(/redrives\/plan|jane/);
    }
  });

  test('offers no redrive of what the notifier could not tell: its messages are in another queue', async () => {
    const failure = {
      reason: 'NOTIFICATION_REFUSED',
      detail: 'the webhook answered 410',
      failureId: 'notification-delivery-7',
    };
    const { get } = await openBrowser(await withFailures([failure]));
    for (const path of ['/failures/group?reason=NOTIFICATION_REFUSED', '/failures/record/notification-delivery-7']) {
      const { html, text } = await get(path);
      expect(html, path).not.toContain('redrives/plan');
      expect(text, path).toContain('waybill notifications send');
    }
  });

  test('says what to do for every reason', async () => {
    const { get } = await openBrowser(await withFailures(failureReasons.map((reason) => ({ reason, detail: 'x' }))));
    const { text } = await get('/failures');
    const [, advice = ''] = text.split('What to do');
    for (const reason of failureReasons) expect(advice).toContain(reason);
    expect(advice).not.toContain('..');
  });
});

describe('where something is not there, the screen says what to do', () => {
  test('for a table without the index, an id without a record, and engines that are away', async () => {
    const failuresTable = await tableOf(engines().dynamodb, { ...tables.failures, indexes: [] });
    const deployment = { ...deploymentOf(engines().resources), failuresTable };
    const { get } = await openBrowser(await openApi({ engines: engines(), deps: { deployment } }));
    expect(await get('/failures')).toMatchObject({
      status: 404,
      text: expect.stringContaining('waybill failures groups'),
    });
    const none = await get('/failures/record/event-404');
    expect(none).toMatchObject({ status: 404, text: expect.stringContaining('There is no failure with this id') });
    const away = await openBrowser(await openApi());
    expect(await away.get('/failures')).toMatchObject({ status: 503, text: expect.stringContaining('Try again') });
  });
});
