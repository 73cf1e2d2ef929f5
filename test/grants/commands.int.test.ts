import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { commands } from '@waybill/cli/commands/registry.ts';
import { freePort } from '@waybill/local/free-port.ts';
import { failureIdAttribute } from '@waybill/shared/failures/failure-record.ts';
import { tables } from '@waybill/shared/resources.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useCommandLine } from '../../packages/cli/test/cli-rig.ts';
import { documentedTables } from '../docs/data-model.ts';
import { type EngineCall, recordCalls } from './engine-calls.ts';
import { type NeededGrant, neededGrants } from './needed-grants.ts';
import { allows, type Grant, operatorGrants, type PolicyName } from './operator-grants.ts';

type Row = {
  readonly policies: readonly PolicyName[];
  readonly lines?: readonly string[];
  readonly typed?: readonly string[];
};

/** In the dead letter and in its record. */
const person = 'jane.doe';

/**
 * The policies that a person must have for each command. Its examples are what runs, or `lines` where these need something
 * that is not there.
 */
const rows: Readonly<Record<string, Row | readonly Row[]>> = {
  status: { policies: ['observer'] },
  parcel: { policies: ['observer'] },
  'parcel repair': { policies: ['repair'], lines: ['parcel repair 5002 --without 83270'] },
  'parcels stuck': { policies: ['observer'] },
  'parcels reindex': { policies: ['observer', 'repair'] },
  // Of the carrier's API.
  'feed check': { policies: [], lines: ['feed check'] },
  'failures groups': { policies: ['observer'] },
  'failures list': { policies: ['observer'] },
  'failures show': [
    { policies: ['observer'], lines: ['failures show event-83271'] },
    { policies: ['failures'], lines: ['failures show event-83271 --body'] },
  ],
  'dlq list': { policies: ['observer', 'redrive'], lines: ['dlq list'] },
  'dlq redrive': {
    policies: ['observer', 'redrive'],
    lines: ['dlq redrive --reason INVALID_EVENT', 'dlq redrive --queue $QUEUE --reason INVALID_EVENT'],
  },
  replay: { policies: ['observer', 'replay'], lines: ['replay --from 83269 --to 83280'] },
  'checkpoint show': { policies: ['observer'], lines: ['checkpoint show'] },
  'checkpoint set': { policies: ['checkpoint'] },
  'batches list': { policies: ['observer'] },
  'batches show': { policies: ['observer'], lines: ['batches show 20261128T221530'] },
  'notifications list': { policies: ['observer'] },
  'notifications show': { policies: ['observer'] },
  // Nobody answers there: what is recorded then is what is written.
  'notifications send': {
    policies: ['observer', 'notify'],
    lines: ['notifications send --parcel 5002 --attempts 1', 'notifications send --unfinished --attempts 1'],
  },
  'notifications announce': {
    policies: ['observer', 'notify'],
    lines: ['notifications announce --parcel 5002 --milestone pickup'],
  },
  'operations list': { policies: ['observer'] },
  'operations show': { policies: ['observer'] },
  erase: { policies: ['observer', 'failures'], lines: ['erase'], typed: [person] },
  'token new': { policies: [] },
  completion: { policies: [] },
};

const console = 'the console calls it';
const byName = '--environment and --stack ask for it';
const noMoveTasks = 'the embedded engine has no message move tasks';
const noIndex = 'where the index is off';

/** What the policies allow and no command calls here, and why. Without the resource: on each that the policy names. */
const notCalled: Readonly<Record<string, string>> = {
  'redrive sqs:ListQueues': console,
  'redrive sqs:ListDeadLetterSourceQueues': console,
  'redrive sqs:GetQueueUrl': console,
  'redrive dynamodb:Scan': 'the commands of the runbook call it',
  'observer sqs:GetQueueUrl': byName,
  'observer cloudformation:DescribeStacks': byName,
  'redrive sqs:StartMessageMoveTask': noMoveTasks,
  'redrive sqs:CancelMessageMoveTask': noMoveTasks,
  'failures dynamodb:DescribeTable': console,
  'observer dynamodb:Scan': noIndex,
  // The observer's policy for parcels is that of programs that read them.
  'observer dynamodb:Query on waybill-parcels': 'as programs do',
};

/** Policies of which every command is there. */
const isThere = (policy: PolicyName) =>
  Object.entries(rows).every(
    ([name, row]) =>
      [row].flat().every(({ policies }) => !policies.includes(policy)) ||
      commands.some((command) => command.name === name),
  );

const { engines, env, run } = useCommandLine(process.env);
const grants = operatorGrants();
const calls: EngineCall[] = [];
const used = new Set<string>();
let recorded: Readonly<Record<string, string>> = {};
let stop = async () => {};

beforeAll(async () => {
  const variables = await env();
  const onCall = (call: EngineCall) => void calls.push(call);
  const recorders = await Promise.all([
    recordCalls(variables['AWS_ENDPOINT_URL_SQS'] ?? '', 'sqs', onCall),
    recordCalls(variables['AWS_ENDPOINT_URL_DYNAMODB'] ?? '', 'dynamodb', onCall),
  ]);
  const api = await startScanApi({ feed: new HeldFeed(simulateFeed({ seed: 1 }), 50), seed: 1 });
  const [sqs, dynamodb] = recorders;
  const endpoints = { AWS_ENDPOINT_URL_SQS: sqs.endpoint, AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint };
  // `status` waits for half a lease where no poller is seen.
  const { batchesTable, notificationsTable, activityTable, announcementQueueUrl } = engines().resources;
  recorded = {
    ...endpoints,
    SCAN_API_URL: api.url,
    LEASE_SECONDS: '2',
    BATCHES_TABLE: batchesTable,
    NOTIFICATIONS_TABLE: notificationsTable,
    ACTIVITY_TABLE: activityTable,
    ANNOUNCEMENT_QUEUE_URLS: announcementQueueUrl,
    NOTIFY: 'pickup',
    WEBHOOK_URL: `http://127.0.0.1:${await freePort()}/hook`,
    WEBHOOK_SECRETS: `whsec_${Buffer.alloc(24).toString('base64')}`,
    WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8',
  };
  stop = async () => {
    await Promise.all([...recorders, api].map((each) => each.stop()));
  };
});
afterAll(() => stop());

const bodyOfPerson = `{"EventId":83271,"ParcelId":5002,"Type":"STATUS","Device":{"UserId":"${person}"}}`;

/** The items that docs/data-model.md shows, and dead letters of its failure. */
async function fill(): Promise<void> {
  const { sqs, dynamodb, resources } = engines();
  const page = readFileSync(fileURLToPath(import.meta.resolve('../../docs/data-model.md')), 'utf8');
  const nameOf: Readonly<Record<string, string>> = {
    [tables.parcels.name]: resources.parcelsTable,
    [tables.checkpoints.name]: resources.checkpointsTable,
    [tables.failures.name]: resources.failuresTable,
    [tables.operations.name]: resources.operationsTable,
    [tables.batches.name]: resources.batchesTable,
    [tables.notifications.name]: resources.notificationsTable,
    [tables.activity.name]: resources.activityTable,
  };
  const later = { N: String(Math.ceil(Date.now() / 1_000) + 86_400) };
  for (const { name, examples } of documentedTables(page)) {
    // The last example first: the key of both parcels is the same, and the open one is to stay.
    for (const { expiresAt, ...item } of examples.toReversed()) {
      const failed = { unresolved: { S: 'INVALID_EVENT#0' }, body: { S: bodyOfPerson } };
      // DynamoDB Local and AWS delete what has expired.
      const Item = {
        ...item,
        ...(name === tables.failures.name && failed),
        ...(expiresAt && { expiresAt: later }),
      } as never;
      await dynamodb.send(new PutItemCommand({ TableName: nameOf[name], Item }));
    }
  }
  // As a processor of 0.1.0 wrote it: there is something to reindex.
  const { history: _, openShard: _shard, openedAtMs: _opened, ...old } = documentedTables(page)[0]?.examples[0] ?? {};
  const Item = { ...old, parcelId: { N: '5003' } } as never;
  await dynamodb.send(new PutItemCommand({ TableName: resources.parcelsTable, Item }));
  const MessageAttributes = { [failureIdAttribute]: { DataType: 'String', StringValue: 'event-83271' } };
  const MessageBody = bodyOfPerson;
  for (const QueueUrl of [resources.deadLetterQueueUrl, resources.announcementDeadLetterQueueUrl])
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
}

/** The words of a line of a shell: no expansions, and nothing after a pipe or a redirection. */
function wordsOf(line: string): string[] {
  const [command = ''] = line.split(/ [|>] /);
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** The line as it runs here: on the engines that the variables name, and without a terminal. */
function argsOf(line: string, isAct: boolean): string[] {
  const words = wordsOf(line).map((word) => (word === '$QUEUE' ? engines().resources.announcementQueueUrl : word));
  const at = words.indexOf('--environment');
  if (at >= 0) words.splice(at, 2);
  if (!isAct || words.includes('--dry-run')) return words;
  const answers = ['--yes', ...(words.includes('--because') ? [] : ['--because', 'a test'])];
  return [...words, ...answers.filter((word) => !words.includes(word))];
}

const shown = ({ action, resource, select, attributes = [] }: NeededGrant) =>
  `${action} on ${resource}${select === undefined ? '' : ` (${select}: ${attributes.join(', ')})`}`;

test('every command has a row, which says what a person needs for it', () => {
  expect(
    commands.map(({ name }) => name).filter((name) => !(name in rows)),
    'have no row in this file',
  ).toEqual([]);
});

const ran = commands.flatMap(({ name, examples, isAct = false }) =>
  [rows[name] ?? []].flat().map((row) => ({ name, isAct, lines: examples.map(({ line }) => line), ...row })),
);

describe.each(ran)('waybill $name', ({ isAct, policies, lines, typed = [] }) => {
  const given = grants.filter(({ policy }) => policies.includes(policy));

  test(`calls what ${policies.join(' and ') || 'no policy'} allows, and needs each of them`, async () => {
    const needed: NeededGrant[] = [];
    for (const line of lines) {
      await fill();
      calls.length = 0;
      const first = AbortSignal.timeout(20_000);
      const ran = await run(argsOf(line, isAct), { env: recorded, typed, first });
      expect([line, ran.code === 2 ? ran.stderr : '']).toEqual([line, '']);
      needed.push(...calls.flatMap(neededGrants));
    }
    const refused = needed.filter((each) => !given.some((grant) => allows(grant, each)));
    expect([...new Set(refused.map(shown))]).toEqual([]);
    for (const each of needed) for (const grant of given) if (allows(grant, each)) used.add(keyOf(grant));
    const unneeded = policies.filter((policy) =>
      needed.every((each) => given.some((grant) => grant.policy !== policy && allows(grant, each))),
    );
    expect(unneeded).toEqual([]);
  }, 60_000);
});

test('the policies of operators allow nothing that no command calls', () => {
  const idle = grants
    .filter(({ policy }) => policy !== 'parcelsReader' && isThere(policy))
    .map(keyOf)
    .filter((key) => !used.has(key) && !Object.keys(notCalled).some((prefix) => key.startsWith(prefix)));
  expect([...new Set(idle)]).toEqual([]);
});

function keyOf({ policy, action, resource }: Grant): string {
  return `${policy} ${action} on ${resource}`;
}
