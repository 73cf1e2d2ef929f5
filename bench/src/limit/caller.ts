import { Agent, type RequestOptions, request } from 'node:http';
import type { LimitPlan, LimitReport } from './plan.ts';

/**
 * The ceiling: the calls of a pipeline in a tight loop over plain HTTP, without SDK, signature or logic. Sends and updates
 * run in parallel from the start. Receives and their deletes begin when everything is sent, so that each takes ten messages
 * while there are ten.
 */

const sendsAtOnce = 10;
const receiversAtOnce = 4;
const updatesAtOnce = 64;
const messagesPerReceive = 10;

// Keeps the process alive until its plan comes: the preload has unreferenced the channel.
process.channel?.ref();
process.on('message', (plan: LimitPlan | string) => {
  if (typeof plan === 'string') return;
  run(plan).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      process.exit(1);
    },
  );
});

async function run(plan: LimitPlan): Promise<LimitReport> {
  const sqs = caller(plan.sqsEndpoint, 'AmazonSQS', 'sqs', plan.region);
  const dynamodb = caller(plan.dynamodbEndpoint, 'DynamoDB_20120810', 'dynamodb', plan.region);
  const body = 'x'.repeat(plan.bodyBytes);
  const Entries = Array.from({ length: plan.messagesPerSend }, (_, Id) => ({ Id: String(Id), MessageBody: body }));
  const startedAt = performance.now();
  const queueing = async () => {
    await times(plan.sends, sendsAtOnce, () => sqs('SendMessageBatch', { QueueUrl: plan.queueUrl, Entries }));
    const receives = Math.ceil((plan.sends * plan.messagesPerSend) / messagesPerReceive);
    await times(receives, receiversAtOnce, () => receiveAndDelete(sqs, plan.queueUrl));
  };
  const storing = () => times(plan.updates, updatesAtOnce, (index) => dynamodb('UpdateItem', updateOf(plan, index)));
  await Promise.all([queueing(), storing()]);
  return { seconds: (performance.now() - startedAt) / 1_000 };
}

async function receiveAndDelete(sqs: Call, QueueUrl: string): Promise<void> {
  const receive = { QueueUrl, MaxNumberOfMessages: messagesPerReceive, WaitTimeSeconds: 0 };
  const { Messages = [] }: { Messages?: { ReceiptHandle: string }[] } = JSON.parse(
    await sqs('ReceiveMessage', receive),
  );
  const Entries = Messages.map(({ ReceiptHandle }, Id) => ({ Id: String(Id), ReceiptHandle }));
  if (Entries.length > 0) await sqs('DeleteMessageBatch', { QueueUrl, Entries });
}

function updateOf({ table, parcels }: LimitPlan, index: number): object {
  return {
    TableName: table,
    Key: { parcelId: { N: String(1 + (index % parcels)) } },
    UpdateExpression:
      'SET lastEventId = :id, #type = :type, statusCode = :status, runId = :run, createdDateTimeUtc = :time',
    ConditionExpression: 'attribute_not_exists(parcelId) OR lastEventId < :id',
    ExpressionAttributeNames: { '#type': 'type' },
    ExpressionAttributeValues: {
      ':id': { N: String(83_269 + index) },
      ':type': { S: 'STATUS' },
      ':status': { S: 'ARRIVED' },
      ':run': { S: '100' },
      ':time': { S: '2021-05-11T21:11:34.1506147Z' },
    },
  };
}

async function times(count: number, atOnce: number, call: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

type Call = (action: string, input: object) => Promise<string>;

function caller(endpoint: string, service: string, scope: string, region: string): Call {
  const { hostname, port } = new URL(endpoint);
  const agent = new Agent({ keepAlive: true });
  return (action, input) => {
    const payload = JSON.stringify(input);
    const options: RequestOptions = {
      agent,
      hostname,
      port,
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(payload),
        'x-amz-target': `${service}.${action}`,
        'x-amz-date': '20260101T000000Z',
        // Engines read the region from it and do not check the signature.
        authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/${region}/${scope}/aws4_request, SignedHeaders=host, Signature=0`,
      },
    };
    return new Promise((resolve, reject) => {
      const sent = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          const failedCondition = text.includes('ConditionalCheckFailed');
          if (response.statusCode === 200 || failedCondition) resolve(text);
          else reject(new Error(`${action} returned ${response.statusCode}: ${text.slice(0, 500)}`));
        });
      });
      sent.on('error', reject);
      sent.end(payload);
    });
  };
}
