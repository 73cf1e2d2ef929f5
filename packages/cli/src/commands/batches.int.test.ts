import { batchShape } from '@waybill/operations/batches/batch-view.ts';
import { tables } from '@waybill/shared/resources.ts';
import { expect, test } from 'vitest';
import { putItems, tableOf } from '../../../operations/test/parcels-rig.ts';
import { useCommandLine } from '../../test/cli-rig.ts';

const { engines, run } = useCommandLine(process.env);

test('waybill batches shows what was pushed, in columns and as JSON', async () => {
  const { dynamodb } = engines();
  const env = { BATCHES_TABLE: await tableOf(dynamodb, tables.batches) };
  expect(await run(['batches', 'list'], { env })).toEqual({
    code: 0,
    stdout: '',
    stderr: 'No batches in the last 14 days.\n',
  });
  const createdAtUtc = new Date().toISOString();
  const batch = (batchId: string, fields = {}) => ({
    batchId: { S: batchId },
    createdDay: { S: createdAtUtc.slice(0, 10) },
    state: { S: 'sent' },
    accepted: { N: '20' },
    createdAtUtc: { S: createdAtUtc },
    ...fields,
  });
  await putItems(dynamodb, env.BATCHES_TABLE, [batch('b-1'), batch('b-2', { failed: { SS: ['event-7'] } })]);
  const { stdout } = await run(['batches', 'list'], { env, columns: 80 });
  expect(stdout.split('\n').slice(1, 3)).toEqual([
    expect.stringMatching(/^b-2 +failed +\d+ s ago +20 +0 +0 +1$/),
    expect.stringMatching(/^b-1 +completed +\d+ s ago +20 +0 +0 +0$/),
  ]);
  const failed = await run(['batches', 'list', '--status', 'failed', '--json'], { env });
  expect(batchShape.parse(JSON.parse(failed.stdout))).toMatchObject({ batchId: 'b-2', failed: ['event-7'] });
  const first = await run(['batches', 'list', '--limit', '1'], { env });
  expect(first.stderr).toContain('--before b-2');
  const shown = await run(['batches', 'show', 'b-2'], { env });
  expect(shown.stdout).toMatch(/failed +event-7/);
  expect(await run(['batches', 'show', 'b-3'], { env })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Try: waybill batches list'),
  });
});

test('waybill batches of a deployment that takes none says so, with 2', async () => {
  for (const command of [['list'], ['show', 'b-1']]) {
    const { code, stdout, stderr } = await run(['batches', ...command]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('this deployment takes no pushed batches: BATCHES_TABLE is not set');
  }
});
