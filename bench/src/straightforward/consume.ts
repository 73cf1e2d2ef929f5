import { type Message, SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';

const consumers = 4;

/** How the straightforward programs connect. */
export const sockets = { httpAgent: { keepAlive: true, maxSockets: 128 } };

/** Starts four consumers of a queue, as a straightforward program would: ten messages in parallel, then deleted with one call. */
export function consume(queueUrl: string, handleMessage: (message: Message) => Promise<void>): void {
  const sqs = new SQSClient({ useQueueUrlAsEndpoint: false, requestHandler: sockets });
  const handleMessageBatch = async (messages: Message[]) => {
    await Promise.all(messages.map(handleMessage));
    return messages;
  };
  for (let index = 0; index < consumers; index++) {
    const consumer = Consumer.create({ queueUrl, sqs, batchSize: 10, waitTimeSeconds: 20, handleMessageBatch });
    consumer.on('error', printError);
    consumer.on('processing_error', printError);
    consumer.start();
  }
}

/** Shown when the run fails. A message that was not handled or deleted returns when its visibility timeout ends. */
function printError(error: Error): void {
  process.stderr.write(`${error.message}\n`);
}
