import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { bodiesOf, drain, failureLogOf, put, redriveDeps, scan, uncancelled } from '../../test/dead-letter-rig.ts';
import { personText } from './person-text.ts';
import { planErase } from './plan-erase.ts';
import { runErase } from './run-erase.ts';

const engines = useEngines(process.env);
const never = new AbortController().signal;

test('erasing a person deletes what names them, in any spelling, from the dead letters, then from the records', async () => {
  const { sqs, resources } = engines();
  const { scanQueueUrl, deadLetterQueueUrl, failuresTable } = resources;
  const rig = redriveDeps(engines());
  const deps = { ...rig, deployment: { failuresTable, scanQueueUrl } };
  const names = [
    '{"version":1,"unparsed":{"UserId":"jos\\u00e9.doe"}}',
    '{"version":1,"unparsed":{"UserId":"jos\\u00E9.doe"}}',
  ];
  const others = [scan(1), '{"version":1,"unparsed":{"UserId":"jose.doe"}}'];
  const attributes = { user: { DataType: 'Binary', BinaryValue: Buffer.from('josé.doe') } };
  await put(sqs, deadLetterQueueUrl, [
    ...[...names, ...others].map((body) => ({ body })),
    { body: 'no such thing', attributes },
  ]);
  await put(sqs, scanQueueUrl, [{ body: names[0] ?? '' }]);
  const log = failureLogOf(engines());
  const failure = { reason: 'INVALID_EVENT', detail: 'INVALID_DATE', parcelId: undefined };
  await log.record({ ...failure, failureId: 'event-1', body: names[0] ?? '' });
  await log.record({ ...failure, failureId: 'event-2', body: others[1] ?? '' });

  const person = personText('  josé.doe\n');
  const planned = await planErase(deps, person, () => undefined, never);
  expect(planned.plan).toMatchObject({
    count: 4,
    byReason: { 'dead letters': 3, 'failure records': 1 },
    notLookedAt: expect.arrayContaining([expect.stringContaining('the scan queue holds about 1 message,')]),
    warnings: [],
  });
  expect(JSON.stringify(planned.plan)).not.toMatch(/jos|[0-9a-f]{64}/);

  const short = await planErase(deps, personText('jos'), () => undefined, never);
  expect(short.plan.warnings).toEqual([expect.stringMatching(/^6 of them have the text in longer words only/)]);

  const result = await runErase(deps, planned, { isMoreThanPlannedFine: false }, uncancelled);
  expect(result).toEqual({
    outcome: 'done',
    counts: { deadLetters: 3, failureRecords: 1, lookedAt: 5, recordsRead: 2 },
    problems: [],
  });
  expect(bodiesOf(await drain(sqs, deadLetterQueueUrl))).toEqual(others.toSorted());
  const read = async (failureId: string) =>
    (await rig.documents.send(new GetCommand({ TableName: failuresTable, Key: { failureId } }))).Item;
  expect(await read('event-1')).toBeUndefined();
  expect(await read('event-2')).toBeDefined();
});
