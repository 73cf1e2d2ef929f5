import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbFailureLog } from '@waybill/consumer/failures/dynamodb-failure-log.ts';
import { failureGroupsShape } from '@waybill/operations/failures/failure-groups.ts';
import { listedFailureShape } from '@waybill/operations/failures/failure-list.ts';
import { shownFailureShape } from '@waybill/operations/failures/failure-show.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { useCommandLine } from '../../test/cli-rig.ts';

const { engines, run } = useCommandLine(process.env);
const hour = 3_600_000;
const linesOf = (text: string) => text.trimEnd().split('\n');

beforeAll(async () => {
  const { dynamodb, resources } = engines();
  const time = { now: 0 };
  const log = dynamoDbFailureLog({
    documents: DynamoDBDocumentClient.from(dynamodb),
    tableName: resources.failuresTable,
    clock: { now: () => time.now },
  });
  for (let n = 1; n <= 25; n += 1) {
    time.now = Date.now() - (50 - n) * hour;
    const detail = `what is stored of parcel ${5_000 + n} is no parcel: lastEventId.N Invalid input`;
    const body = `{"person":"Ada","n":${n}}`;
    await log.record({ failureId: `event-${n}`, reason: 'STORE_REJECTED', detail, parcelId: 5_000 + n, body });
  }
  time.now = Date.now();
  const failureId = `body-${'0'.repeat(64)}`;
  const detail = 'NOT_JSON: expected JSON';
  await log.record({ failureId, reason: 'UNREADABLE_MESSAGE', detail, parcelId: undefined, body: 'x' });
});

describe('waybill failures', () => {
  test('groups says what fails and how often, without ids, in lines of 80 columns but for an id', async () => {
    const { code, stdout } = await run(['failures', 'groups'], { columns: 80, env: { NO_COLOR: '1' } });
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual([
      expect.stringMatching(/^count +reason +first failed +last failed$/),
      expect.stringMatching(/^ +25 {2}STORE_REJECTED +2 d ago +25 h ago$/),
      '       what is stored of parcel … is no parcel: lastEventId.N Invalid input',
      '       sample: event-25',
      expect.stringMatching(/^ +1 {2}UNREADABLE_MESSAGE +\d+ s ago +\d+ s ago$/),
      '       NOT_JSON: expected JSON',
      `       sample: body-${'0'.repeat(64)}`,
      '',
      '26 unresolved, of 2 kinds',
    ]);
    const json = await run(['failures', 'groups', '--since', '2850m', '--json']);
    expect(failureGroupsShape.parse(JSON.parse(json.stdout))).toMatchObject({
      groups: [
        {
          count: 23,
          detail: 'what is stored of parcel … is no parcel: lastEventId.N Invalid input',
          sample: 'event-25',
        },
        { count: 1 },
      ],
      isMoreThan: false,
    });
    expect(stdout + json.stdout).not.toContain('Ada');
  });

  test('list has the newest first, 20 unless told otherwise, and says that there are more', async () => {
    const { code, stdout, stderr } = await run(['failures', 'list', '--reason', 'STORE_REJECTED'], {
      columns: 80,
      env: { NO_COLOR: '1' },
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/There are more than 20: --limit, or a narrower filter\.\n$/);
    const lines = linesOf(stdout);
    expect(lines).toHaveLength(21);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines[1]).toMatch(/^event-25 +25 h ago +1 +5025 {2}STORE_REJECTED +what is stored/);
    const json = await run(['failures', 'list', '--parcel', '5007', '--json']);
    expect(linesOf(json.stdout).map((line) => listedFailureShape.parse(JSON.parse(line)).failureId)).toEqual([
      'event-7',
    ]);
    const scanned = await run(['failures', 'list', '--detail', 'parcel 5009 is', '--scan', '--json']);
    expect(linesOf(scanned.stdout).map((line) => JSON.parse(line).failureId)).toEqual(['event-9']);
    const none = await run(['failures', 'list', '--reason', 'INVALID_EVENT']);
    expect(none).toEqual({ code: 0, stdout: '', stderr: 'No unresolved failure fits.\n' });
  });

  test('show says what to do next, and what failed only with --body', async () => {
    const { code, stdout } = await run(['failures', 'show', 'event-7'], { columns: 80, env: { NO_COLOR: '1' } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^failure +event-7\n/);
    expect(stdout).toContain('waybill dlq redrive --failure event-7');
    expect(stdout).not.toContain('Ada');
    const json = await run(['failures', 'show', 'event-7', '--json']);
    expect(shownFailureShape.parse(JSON.parse(json.stdout))).not.toHaveProperty('body');
    const body = await run(['failures', 'show', 'event-7', '--body']);
    expect(body.stdout).toContain('{"person":"Ada","n":7}');
    const bodyJson = await run(['failures', 'show', 'event-7', '--body', '--json']);
    expect(shownFailureShape.parse(JSON.parse(bodyJson.stdout)).body).toBe('{"person":"Ada","n":7}');
  });

  test('refuses what is not there, and what it cannot read', async () => {
    expect(await run(['failures', 'show', 'event-99'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/no failure record event-99 .*\n {2}Try: waybill failures list\n$/),
    });
    expect(await run(['failures', 'list', '--since', 'yesterday'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('30m or 48h'),
    });
  });
});
