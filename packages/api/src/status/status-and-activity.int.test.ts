import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { systemClock } from '@waybill/shared/clock.ts';
import { expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { openStatusAndActivity } from './status-and-activity.ts';

const engines = useEngines(process.env);

test('a look at Now asks AWS for what docs/page.md says, and for each only once', async () => {
  const { sqs, dynamodb, resources } = engines();
  const asked: string[] = [];
  const count = (command = '') => void asked.push(command);
  dynamodb.middlewareStack.add(
    (next, { commandName }) => {
      count(commandName);
      return next;
    },
    { step: 'initialize' },
  );
  sqs.middlewareStack.add(
    (next, { commandName }) => {
      count(commandName);
      return next;
    },
    { step: 'initialize' },
  );
  const read = openStatusAndActivity({
    ...{ sqs, dynamodb, documents: DynamoDBDocumentClient.from(dynamodb), clock: systemClock },
    deployment: { ...resources, feed: 'new' },
    settings: { leaseMs: 2_000, maxQueueMessages: 50_000 },
  });
  const { status, activity } = await read({ name: 'ada', scopes: new Set(['read']) });
  expect(status.notAsked).toEqual([]);
  expect(activity).toMatchObject({ processes: [] });
  expect(status.activity).toMatchObject({ newestUtc: null });
  const times = Object.fromEntries(Map.groupBy(asked, (command) => command));
  expect(Object.fromEntries(Object.entries(times).map(([command, all]) => [command, all.length]))).toEqual({
    // The checkpoint, and what processes did.
    ...{ GetItemCommand: 1, ScanCommand: 1 },
    // Of unresolved failures eight partitions for each of six reasons, of unfinished notifications sixteen.
    ...{ DescribeTableCommand: 1, QueryCommand: 64 },
    ...{ GetQueueAttributesCommand: 4, GetQueueUrlCommand: 1 },
  });
});
