import {
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksCommandOutput,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { instantClock } from '../../../shared/test/instant-clock.ts';
import { runMoveTask } from './move-task.ts';

type Task = NonNullable<ListMessageMoveTasksCommandOutput['Results']>[number];

/** SQS with one move task: what it says at each look, until it says nothing any more. */
function sqsWith(looks: Task[][]): Pick<SQSClient, 'send'> {
  return {
    send: async (command: object) => {
      if (command instanceof StartMessageMoveTaskCommand) return { TaskHandle: 'handle' };
      const Results = command instanceof ListMessageMoveTasksCommand ? looks.shift() : undefined;
      if (!Results) throw new Error('SQS is away');
      return { Results };
    },
  };
}

test('a move task of which SQS says nothing any more is done in part: it goes on', async () => {
  const running = {
    Status: 'RUNNING',
    ApproximateNumberOfMessagesMoved: 5,
    ApproximateNumberOfMessagesToMove: 9,
    StartedTimestamp: 1,
  };
  // The test's answers are all that is asked for.
  const sqs = sqsWith([[], [running]]) as SQSClient;
  const context = { signal: new AbortController().signal, onProgress: () => undefined };
  expect(await runMoveTask({ sqs, clock: instantClock(), random: () => 0.5 }, 'arn:dlq', context)).toEqual({
    outcome: 'partly',
    counts: { redriven: 5 },
    problems: [expect.stringMatching(/SQS is away.* goes on.*list-message-move-tasks --source-arn arn:dlq/)],
  });
});
