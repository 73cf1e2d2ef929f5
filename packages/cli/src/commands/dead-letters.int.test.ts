import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadLettersShape } from '@waybill/operations/dead-letters/list-dead-letters.ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bodiesOf, drain, failureLogOf, newPair, put, scan } from '../../../operations/test/dead-letter-rig.ts';
import { useCommandLine } from '../../test/cli-rig.ts';

const { engines, run } = useCommandLine(process.env);

/** A queue with one dead letter of each event, and the option that names it. */
async function queueWith(...bodies: string[]) {
  const { sqs } = engines();
  const pair = await newPair(sqs);
  await put(
    sqs,
    pair.url,
    bodies.map((body) => ({ body })),
  );
  const from = ['--queue', pair.sourceUrl];
  return { from, source: () => drain(sqs, pair.sourceUrl), left: () => drain(sqs, pair.url) };
}

const fail = (eventId: number, reason: string) =>
  failureLogOf(engines()).record({
    ...{ failureId: `event-${eventId}`, reason, detail: 'INVALID_DATE: expected a date', body: '"jane.doe"' },
    parcelId: 5_000 + eventId,
  });

describe.concurrent('waybill dlq', () => {
  test('list shows why each message failed, without its payload, and hands it back', async () => {
    await fail(1, 'INVALID_EVENT');
    const { from, left } = await queueWith(scan(1), '"jane.doe"');
    const { code, stdout } = await run(['dlq', 'list', ...from]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/event-1 .* ago .* 5001 .*STATUS .*INVALID_EVENT .*INVALID_DATE/);
    expect(stdout).toMatch(/body-[0-9a-f]{64} .*no record/);
    const json = await run(['dlq', 'list', ...from, '--json']);
    const { deadLetters, notLookedAt } = deadLettersShape.parse(JSON.parse(json.stdout));
    expect(deadLetters).toContainEqual(expect.objectContaining({ failureId: 'event-1', reason: 'INVALID_EVENT' }));
    expect(notLookedAt).toEqual([]);
    expect(stdout + json.stdout).not.toContain('jane.doe');
    expect(await left()).toHaveLength(2);
  });

  test('list says that it has not shown all', async () => {
    const { from } = await queueWith(...Array.from({ length: 25 }, (_, index) => scan(100 + index)));
    const { stdout, stderr } = await run(['dlq', 'list', '--limit', '5', ...from]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(6);
    expect(stderr).toContain('more than 5 dead letters');
  });

  test('redrive of some says what it will do, asks why, does it on record, and says what to watch', async () => {
    await fail(11, 'STORE_REJECTED');
    const { from, source, left } = await queueWith(scan(11), scan(12));
    const filter = ['--reason', 'STORE_REJECTED', '--failure', 'event-11', '--failure', 'event-12', ...from];
    const dry = await run(['dlq', 'redrive', '--dry-run', ...filter]);
    expect(dry.stdout).toMatch(/^Redrives 1 dead letter of .*-dlq to\s/);
    expect(dry.stdout).toContain('Warning: the fix is not out: 1 with STORE_REJECTED');
    const done = await run(['dlq', 'redrive', ...filter, '--yes', '--because', 'fixed', '--json']);
    expect(done).toMatchObject({ code: 0, stderr: expect.stringContaining('waybill failures groups') });
    const { operationId, counts } = JSON.parse(done.stdout);
    expect(counts).toMatchObject({ redriven: 1, handedBack: 1 });
    const nothing = await run(['dlq', 'redrive', ...filter, '--yes', '--because', 'fixed', '--json']);
    expect(nothing).toMatchObject({ code: 0, stderr: expect.not.stringContaining('What fails again') });
    const record = JSON.parse((await run(['operations', 'show', operationId, '--json'])).stdout);
    expect(record).toMatchObject({ kind: 'redrive-some', because: 'fixed', filter: { reason: 'STORE_REJECTED' } });
    expect(bodiesOf(await source())).toEqual([scan(11)]);
    expect(bodiesOf(await left())).toEqual([scan(12)]);
  });

  test('redrive without a filter is one of everything', async () => {
    const { from } = await queueWith(scan(21), scan(22));
    const plan = await run(['dlq', 'redrive', '--dry-run', '--json', ...from]);
    expect(JSON.parse(plan.stdout)).toMatchObject({ count: 2, isMoreThan: false });
  });

  test('a plan that is cancelled hands back what it has received', async () => {
    const { from, left } = await queueWith(...Array.from({ length: 30 }, (_, index) => scan(200 + index)));
    const first = AbortSignal.timeout(500);
    const { code } = await run(['dlq', 'redrive', '--type', 'STATUS', '--dry-run', ...from], { first });
    expect(code).toBe(130);
    expect(await left()).toHaveLength(30);
  });

  test('names what is wrong with an option', async () => {
    expect(await run(['dlq', 'redrive', '--reason', 'no reason'])).toMatchObject({ code: 2 });
    expect(await run(['dlq', 'list', '--queue', 'scans'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('URL of a queue'),
    });
  });
});

test.concurrent('nothing to do is not said while somebody else holds the dead letters', async () => {
  const { from, left } = await queueWith(scan(51));
  await left();
  const redriven = await run(['dlq', 'redrive', ...from, '--yes', '--because', 'x', '--json']);
  expect(redriven.code).toBe(3);
  expect(JSON.parse(redriven.stdout)).toMatchObject({
    ...{ operationId: null, outcome: 'partly' },
    problems: [expect.stringContaining('in flight elsewhere: about 1 dead letter,')],
  });
  const env = { SCAN_QUEUE_URL: from[1] ?? '' };
  const erased = await run(['erase', '--yes', '--because', 'x'], { typed: ['no such person'], env });
  expect(erased).toMatchObject({ code: 3, stdout: expect.stringContaining('in flight elsewhere') });
});

describe.concurrent('waybill erase', () => {
  test('takes the text from a file, and says and records nothing of it, not even a hash', async () => {
    const { sqs, resources } = engines();
    const folder = mkdtempSync(join(tmpdir(), 'waybill-erase-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'person.txt');
    writeFileSync(file, 'jané.doe\n');
    const bodies = ['{"version":1,"unparsed":{"UserId":"jan\\u00e9.doe"}}', scan(31)];
    await put(
      sqs,
      resources.deadLetterQueueUrl,
      bodies.map((body) => ({ body })),
    );
    const dry = await run(['erase', '--dry-run', '--person-file', file]);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('Deletes 1 dead letter and 0 failure') });
    const done = await run(['erase', '--person-file', file, '--yes', '--because', 'request 4711', '--json']);
    expect(done.code).toBe(0);
    const { operationId, counts } = JSON.parse(done.stdout);
    expect(counts).toMatchObject({ deadLetters: 1, failureRecords: 0 });
    const record = await run(['operations', 'show', operationId, '--json']);
    expect(JSON.parse(record.stdout).filter).toEqual({});
    expect(dry.stdout + dry.stderr + done.stdout + done.stderr + record.stdout).not.toMatch(/jan|[0-9a-f]{64}/);
    expect(bodiesOf(await drain(sqs, resources.deadLetterQueueUrl))).toEqual([scan(31)]);
  });

  test('asks for the text on a terminal without showing it, and refuses one that is too short', async () => {
    const { sourceUrl } = await newPair(engines().sqs);
    const env = { SCAN_QUEUE_URL: sourceUrl };
    const typed = await run(['erase', '--dry-run'], { columns: 80, typed: ['nobody at all'], env });
    expect(typed).toMatchObject({ code: 0, stderr: expect.stringContaining('(not shown)') });
    expect(typed.stdout + typed.stderr).not.toContain('nobody');
    expect(await run(['erase', '--dry-run'], { columns: 80, typed: [''] })).toMatchObject({ code: 2 });
  });

  test('names the file that cannot be read', async () => {
    expect(await run(['erase', '--dry-run', '--person-file', '/no/such/file'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('/no/such/file'),
    });
  });
});
