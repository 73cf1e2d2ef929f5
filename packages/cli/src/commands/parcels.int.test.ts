import { stuckShape } from '@waybill/operations/parcels/stuck-parcels.ts';
import { actResultShape, planShape } from '@waybill/operations/record/operation-shape.ts';
import { stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { tables } from '@waybill/shared/resources.ts';
import { describe, expect, test } from 'vitest';
import { itemOfOldRelease, putItems, storeParcels, tableOf } from '../../../operations/test/parcels-rig.ts';
import { scan } from '../../../processor/test/processor-rig.ts';
import { useCommandLine } from '../../test/cli-rig.ts';

const { engines, run } = useCommandLine(process.env);
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
const of = (parcelId: number, hours: number, type = 'STATUS') =>
  stateOf(scan(parcelId, { parcelId, type, createdDateTimeUtc: hoursAgo(hours) }));

async function tableWith(openIndex: boolean): Promise<string> {
  const { dynamodb } = engines();
  const table = await tableOf(dynamodb, tables.parcels, openIndex);
  const store = (hours: number, type?: string) =>
    storeParcels(dynamodb, table, [of(hours, hours, type)], Date.now() - hours * 3_600_000);
  await Promise.all([store(50), store(72, 'PICKUP'), store(10), store(80, 'DELIVERY')]);
  return table;
}

describe('waybill parcels stuck', () => {
  test('lists open parcels without a scan for so long, those first seen longest ago first', async () => {
    const env = { NO_COLOR: '1', PARCELS_TABLE: await tableWith(true) };
    const { code, stdout } = await run(['parcels', 'stuck', '--since', '48h'], { env, columns: 80 });
    expect(code).toBe(0);
    const [title, ...lines] = stdout.trimEnd().split('\n');
    expect(title).toMatch(/^parcel +stage +latest scan +type +status$/);
    expect(lines.map((line) => line.trim().split(/ {2,}/).slice(0, 2))).toEqual([
      ['72', 'in-transit'],
      ['50', 'registered'],
    ]);
    const json = await run(['parcels', 'stuck', '--stage', 'in-transit', '--json'], { env });
    expect(stuckShape.parse(JSON.parse(json.stdout)).parcels.map(({ parcelId }) => parcelId)).toEqual([72]);
    const one = await run(['parcels', 'stuck', '--limit', '1'], { env });
    expect(one.stderr).toContain('There are more');
    const none = await run(['parcels', 'stuck', '--since', '90d'], { env });
    expect(none).toEqual({ code: 0, stdout: '', stderr: 'No such parcels.\n' });
    expect(await run(['parcels', 'stuck', '--since', 'long'], { env })).toMatchObject({ code: 2, stdout: '' });
  });

  test('says on stderr that it has read the whole table where there is no index', async () => {
    const env = { PARCELS_TABLE: await tableWith(false) };
    const { code, stdout, stderr } = await run(['parcels', 'stuck'], { env });
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').length).toBe(3);
    expect(stderr.replaceAll('\n', ' ')).toContain('has no index open-parcels: the whole table was read instead');
  });
});

test('waybill parcels reindex plans, sets parcels right on record, and names what is not a parcel', async () => {
  const { dynamodb } = engines();
  const env = { PARCELS_TABLE: await tableOf(dynamodb, tables.parcels) };
  await putItems(dynamodb, env.PARCELS_TABLE, [
    itemOfOldRelease(of(1, 50), { updatedAtUtc: { S: hoursAgo(49) } }),
    itemOfOldRelease(of(2, 60), { updatedAtUtc: { S: hoursAgo(1) } }),
    { parcelId: { N: '3' } },
  ]);
  const planned = await run(['parcels', 'reindex', '--dry-run', '--json'], { env });
  expect(planShape.parse(JSON.parse(planned.stdout))).toMatchObject({ count: 2, byReason: { 'not a parcel': 1 } });
  const act = ['parcels', 'reindex', '--yes', '--because', 'an upgrade', '--json'];
  const done = await run([...act, '--write-units-per-second', '1000'], { env });
  expect(done.code).toBe(3);
  expect(actResultShape.parse(JSON.parse(done.stdout))).toMatchObject({
    outcome: 'partly',
    counts: { marked: 2, notParcels: 1 },
    problems: [expect.stringContaining(': 3')],
  });
  const stuck = await run(['parcels', 'stuck', '--json'], { env });
  expect(stuckShape.parse(JSON.parse(stuck.stdout)).parcels.map(({ parcelId }) => parcelId)).toEqual([2, 1]);
  const nothing = await run(act, { env });
  expect([nothing.code, JSON.parse(nothing.stdout).operationId]).toEqual([0, null]);
});
