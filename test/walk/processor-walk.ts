import { BatchExecuteStatementCommand } from '@aws-sdk/client-dynamodb';
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { openParcelTable } from '@waybill/processor/parcels/batched/open-parcel-table.ts';
import { createProcessor } from '@waybill/processor/processor.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { pack } from '@waybill/shared/domain/pack.ts';
import type { ScanEvent } from '@waybill/shared/domain/scan-event.ts';
import { noProxies } from '@waybill/shared/http/proxies.ts';
import { openDynamoDb, openSqs } from '@waybill/shared/process/aws-clients.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import { sqsConsumer } from '@waybill/shared/queue/sqs-queue.ts';
import { countedConsumer } from '@waybill/shared/telemetry/queue-meter.ts';
import { imageHeapBytes } from '../../packages/consumer/test/image-heap.ts';
import { Journal } from '../../packages/consumer/test/journal.ts';
import { MemoryFailures } from '../../packages/consumer/test/memory-failures.ts';
import { measured } from '../../packages/poller/test/observed.ts';
import { FilesEntered } from './files-entered.ts';

const scan = (eventId: number, type: string): ScanEvent => {
  const createdDateTimeUtc = '2021-05-11T21:11:34.1506147Z';
  return { eventId, parcelId: 5_000 + (eventId % 2), type, createdDateTimeUtc, statusCode: '', runId: '100' };
};
const [Body] = pack([scan(1, 'PICKUP'), scan(2, 'STATUS'), scan(3, 'STATUS')], 61_440);
const message = {
  MessageId: 'm1',
  ReceiptHandle: 'r1',
  Body,
  Attributes: { ApproximateReceiveCount: '1', SentTimestamp: '0' },
};

/** How DynamoDB answers a statement of the writer: one about nobody's parcel as it refuses it, any other as done. */
function answerTo({
  Statement = '',
  Parameters = [],
}: {
  Statement?: string | undefined;
  Parameters?: readonly { readonly S?: string; readonly N?: string }[] | undefined;
}) {
  if (Parameters.some(({ S }) => S === '-')) return { Error: { Code: 'ValidationError' } };
  if (Parameters.some(({ N }) => N === '0')) return { Error: { Code: 'ConditionalCheckFailed' } };
  return Statement ? {} : { Error: { Code: 'ValidationError' } };
}

/** The sources that an ordinary message passes from the answer to `ReceiveMessage` through its write to `DeleteMessageBatch`, over the SDK's commands and the batched writer. */
export async function processorWalk(): Promise<string[]> {
  const walk = new FilesEntered();
  const { promise: deleted, resolve } = Promise.withResolvers<string[]>();
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  let receives = 0;
  const sqs = openSqs({
    requestTimeoutMs: 1_000,
    maxSockets: 1,
    maxAttempts: 1,
    proxies: noProxies,
    endpointIsQueueHost: true,
  });
  const sendToSqs = async (command: unknown) => {
    if (command instanceof ReceiveMessageCommand) {
      receives += 1;
      // The first one belongs to the start.
      if (receives === 1) return {};
      if (receives > 2) return over;
      walk.begin();
      return { Messages: [message] };
    }
    if (command instanceof DeleteMessageBatchCommand) {
      resolve(walk.end());
      return { Successful: command.input.Entries };
    }
    return { Attributes: { RedrivePolicy: '{"maxReceiveCount":3}' } };
  };
  const dynamodb = Object.assign(
    openDynamoDb({ requestTimeoutMs: 1_000, maxSockets: 1, maxAttempts: 1, proxies: noProxies }),
    {
      send: async (command: unknown) => {
        const statements = command instanceof BatchExecuteStatementCommand ? command.input.Statements : undefined;
        return { Responses: statements?.map(answerTo) };
      },
    },
  );
  const { metrics } = measured();
  const log = createLogger({ service: 'walk', level: 'silent', pretty: false });
  const client = Object.assign(sqs, { send: sendToSqs });
  const options = {
    receiving: client,
    settling: client,
    queueUrl: 'http://127.0.0.1/queue',
    waitSeconds: 20,
    visibilityTimeoutSeconds: 3_600,
  };
  const parcels = openParcelTable({
    dynamodb,
    tableName: 'parcels',
    historyEvents: 32,
    retentionDays: 0,
    clock: systemClock,
    metrics,
    log,
    writeConcurrency: 64,
  });
  const processor = createProcessor({
    settings: {
      receivers: 1,
      receiveWaitMs: 20_000,
      writeConcurrency: 64,
      visibilityTimeoutMs: 3_600_000,
      stopTimeoutMs: 40_000,
    },
    heapBytes: imageHeapBytes,
    log,
    clock: systemClock,
    random: () => 0.5,
    queue: countedConsumer(sqsConsumer(options), metrics, 'queue'),
    parcels,
    failures: new MemoryFailures(new Journal()),
    metrics,
    checkTables: async () => void (await parcels.chooseWriter()),
    probes: {},
  });
  processor.start();
  const files = await deleted;
  end();
  await processor.stop();
  return files;
}
