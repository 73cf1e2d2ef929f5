import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test } from 'vitest';
import { awsJsonService } from '../../test/local-service.ts';
import { queueNameOf } from './queue-url.ts';
import { sqsDeadLetters } from './sqs-dead-letters.ts';

/** A queue whose SQS gives just these answers, one after the other, and what was asked of which queue. */
async function deadLettersOf(...answers: object[]) {
  const { url, calls } = await awsJsonService(() => answers.shift() ?? {});
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
  onTestFinished(() => sqs.destroy());
  let requests = 0;
  const count = sqsDeadLetters(sqs, `${url}/000000000000/scans`, () => {
    requests += 1;
  });
  const asked = () => calls.map(({ input }) => queueNameOf(String(Object(input).QueueUrl)));
  return { count, asked, requests: () => requests };
}

const policy = {
  Attributes: {
    RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111122223333:scans-dlq","maxReceiveCount":3}',
  },
};
const holds = (visible: number, inFlight: number) => ({
  Attributes: { ApproximateNumberOfMessages: `${visible}`, ApproximateNumberOfMessagesNotVisible: `${inFlight}` },
});

test('dead letters are counted in the queue that the redrive policy names, which is read once', async () => {
  const { count, asked, requests } = await deadLettersOf(policy, holds(2, 1), holds(0, 0));
  expect([await count(), await count()]).toEqual([3, 0]);
  expect(asked()).toEqual(['scans', 'scans-dlq', 'scans-dlq']);
  expect(requests()).toBe(3);
});

test('without a redrive policy there is no number, and one that is given later is noticed', async () => {
  const { count } = await deadLettersOf({ Attributes: {} }, policy, holds(1, 0));
  expect(await count()).toBeUndefined();
  expect(await count()).toBe(1);
});

test('after a refusal the policy is read again: it may name another queue by then', async () => {
  const { count, asked } = await deadLettersOf(policy, { __type: 'AccessDenied' }, policy, holds(4, 0));
  await expect(count()).rejects.toThrow();
  expect(await count()).toBe(4);
  expect(asked()).toEqual(['scans', 'scans-dlq', 'scans', 'scans-dlq']);
});
