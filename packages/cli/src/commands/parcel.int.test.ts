import { parcelAnswerShape } from '@waybill/operations/parcels/show-parcel.ts';
import { actResultShape, planShape } from '@waybill/operations/record/operation-shape.ts';
import { merge, type ParcelState, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { unresolvedValue } from '@waybill/shared/failures/failure-record.ts';
import { describe, expect, test } from 'vitest';
import { itemOfOldRelease, putItems, storeParcels } from '../../../operations/test/parcels-rig.ts';
import { scan } from '../../../processor/test/processor-rig.ts';
import { useCommandLine } from '../../test/cli-rig.ts';

const { engines, run } = useCommandLine(process.env);

const wrong = 9_000_000_000;
const at = (hour: number) => `2021-05-11T${String(hour).padStart(2, '0')}:11:34.1506147Z`;
const of = (parcelId: number, eventId: number, type: string, hour: number): ParcelState =>
  stateOf(scan(eventId, { parcelId, type, statusCode: 'OK', createdDateTimeUtc: at(hour) }));

async function store(...states: ParcelState[]) {
  const { dynamodb, resources } = engines();
  await storeParcels(dynamodb, resources.parcelsTable, [states.reduce(merge)], Date.parse('2021-05-12T00:00:00Z'));
}

describe('waybill parcel', () => {
  test('shows state, stage, timeline with late scans marked, and failures, in 80 columns', async () => {
    const { dynamodb, resources } = engines();
    await store(of(5002, 83_269, 'PICKUP', 10), of(5002, 83_270, 'STATUS', 12), of(5002, 83_271, 'STATUS', 11));
    await putItems(dynamodb, resources.failuresTable, [
      {
        failureId: { S: 'event-83272' },
        reason: { S: 'INVALID_EVENT' },
        detail: { S: 'INVALID_DATE at CreatedDateTimeUtc: expected an ISO 8601 date and time in UTC' },
        lastFailedAtUtc: { S: new Date().toISOString() },
        parcelId: { N: '5002' },
        unresolved: { S: unresolvedValue('INVALID_EVENT', 'event-83272') },
      },
    ]);
    const { stdout, code } = await run(['parcel', '5002'], { columns: 80, env: { NO_COLOR: '1' } });
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatch(/stage +in-transit/);
    expect(stdout).toMatch(/delivery +not known/);
    expect(stdout).toMatch(/^83271 +2021-05-11 11:11:34Z \(\d+ d ago\) +STATUS +OK +late$/m);
    expect(stdout).toMatch(/^83270 +2021-05-11 12:11:34Z \(\d+ d ago\) +STATUS +OK$/m);
    expect(stdout).toMatch(/^event-83272 +0 s ago +INVALID_EVENT +INVALID_DATE/m);
    const json = await run(['parcel', '5002', '--json']);
    expect(parcelAnswerShape.parse(JSON.parse(json.stdout))).toMatchObject({
      parcelId: 5002,
      latest: { eventId: 83_271 },
      completeThroughEventId: null,
      failures: [{ failureId: 'event-83272' }],
      notifications: [],
      notLookedAt: [],
    });
  });

  test('shows a time that is not one as it is, and names the table that is not there', async () => {
    const { dynamodb, resources } = engines();
    const odd = scan(1, { parcelId: 5004, createdDateTimeUtc: 'soon' });
    await putItems(dynamodb, resources.parcelsTable, [itemOfOldRelease(stateOf(odd))]);
    const env = { NO_COLOR: '1', NOTIFICATIONS_TABLE: 'not-there' };
    const { stdout, code } = await run(['parcel', '5004'], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/latest scan +soon, event 1/);
    expect(stdout).toContain('Note: notifications: there is no table not-there');
  });

  test('names stages by STAGES, whose mistakes are usage errors', async () => {
    await store(of(5003, 1, 'STATUS', 10));
    const mapped = await run(['parcel', '5003', '--json'], { env: { STAGES: '{"STATUS/OK":"exception"}' } });
    expect(JSON.parse(mapped.stdout)).toMatchObject({ stage: 'exception' });
    const mistaken = await run(['parcel', '5003'], { env: { STAGES: '{"STATUS":"lost"}' } });
    expect(mistaken).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('STAGES') });
  });

  test('that is not stored fails, and says what to try', async () => {
    const { code, stdout, stderr } = await run(['parcel', '5999']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('parcel 5999 is not stored');
    expect(stderr).toMatch(/Try: .*waybill replay/);
    expect(await run(['parcel', 'abc'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('waybill parcel repair', () => {
  const act = ['--yes', '--because', 'an id of another carrier', '--json'];

  test('plans before and after, does it on record, and has nothing to do a second time', async () => {
    await store(of(6001, 1, 'PICKUP', 10), of(6001, wrong, 'DELIVERY', 11));
    const command = ['parcel', 'repair', '6001', '--without', String(wrong)];
    const planned = await run([...command, '--dry-run', '--json']);
    expect(planned.code).toBe(0);
    expect(planShape.parse(JSON.parse(planned.stdout)).samples).toMatchObject([
      { when: 'before', stage: 'delivered', delivery: wrong },
      { when: 'after', stage: 'in-transit', latest: 1, delivery: null },
    ]);
    const done = await run([...command, ...act]);
    expect(done.code).toBe(0);
    const { operationId, ...result } = actResultShape.parse(JSON.parse(done.stdout));
    expect(result).toMatchObject({ outcome: 'done', counts: { repaired: 1 } });
    const onRecord = await run(['operations', 'show', operationId ?? '', '--json']);
    expect(JSON.parse(onRecord.stdout)).toMatchObject({
      kind: 'parcel-repair',
      because: 'an id of another carrier',
      filter: { parcel: 6001, without: [wrong] },
      outcome: 'done',
    });
    expect(onRecord.stdout).not.toContain('RUN-100');
    const again = await run([...command, ...act]);
    expect([again.code, JSON.parse(again.stdout).operationId]).toEqual([0, null]);
  });

  test('refuses with 4 to leave nothing, fails with 1 without a parcel, and with 2 without an event', async () => {
    await store(of(6002, 1, 'STATUS', 10));
    expect(await run(['parcel', 'repair', '6002', '--without', '1', ...act])).toMatchObject({ code: 4, stdout: '' });
    expect(await run(['parcel', 'repair', '6999', '--without', '1', ...act])).toMatchObject({ code: 1, stdout: '' });
    expect(await run(['parcel', 'repair', '6002', ...act])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--without EVENT_ID'),
    });
  });
});
