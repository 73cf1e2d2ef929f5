import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteTableCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { EngineClients } from '@waybill/local/engines/engine-clients.ts';
import type { Place } from '@waybill/local/engines/place.ts';
import { queueContent } from '@waybill/local/pipeline/queue-content.ts';
import {
  type Environment,
  processorVariables,
  type ServiceName,
  ServiceProcess,
} from '@waybill/local/pipeline/service-process.ts';
import { provision, type Resources } from '@waybill/provisioner/provision.ts';
import { z } from 'zod';
import type { Item, Queued } from './release.ts';

/** Milliseconds: long enough for a slow, busy machine. */
const patienceMs = 45_000;
const lookEveryMs = 20;

/** Waits until something holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const from = performance.now();
  while (!(await holds())) {
    if (performance.now() - from > patienceMs) throw new Error(`Still not so after ${patienceMs / 1_000} s: ${what}`);
    await delay(lookEveryMs);
  }
}

/** Of a process that receives: a stop lets the long poll in flight end. */
export const consuming: Environment = { RECEIVE_WAIT_SECONDS: '1', STOP_TIMEOUT_SECONDS: '15' };

let deployments = 0;

/** Queues and tables of their own. */
export class Deployment {
  readonly clients: EngineClients;
  readonly resources: Resources;
  readonly #env: Environment;

  private constructor({ clients, env }: Place, resources: Resources) {
    this.clients = clients;
    this.resources = resources;
    this.#env = env;
  }

  static async open(place: Place): Promise<Deployment> {
    const prefix = `upgrade-${process.pid}-${Date.now().toString(36)}-${++deployments}-`;
    return new Deployment(place, await provision({ ...place.clients, prefix, queue: { receiveWaitSeconds: 1 } }));
  }

  /** Runs this release's processor, as production starts it, while `work` goes on. */
  async processing(work: (processor: ServiceProcess) => Promise<void>, more: Environment = {}): Promise<void> {
    await this.running('processor', { ...processorVariables(this.resources), ...consuming, ...more }, work);
  }

  /** Runs a process of this release, as production starts it, while `work` goes on. */
  async running(
    name: ServiceName,
    variables: Environment,
    work: (service: ServiceProcess) => Promise<void>,
  ): Promise<void> {
    const service = new ServiceProcess(name, { PATH: process.env['PATH'], ...this.#env, ...variables });
    const failed = service.failed.then((error) => {
      throw error;
    });
    try {
      await Promise.race([work(service), failed]);
    } finally {
      await service.stop();
    }
  }

  /** Until everything on the queue is deleted or in its DLQ. */
  async settled(queueUrl = this.resources.scanQueueUrl): Promise<void> {
    await until('the queue is empty', async () => {
      const { visible, inFlight } = await queueContent(this.clients.sqs, queueUrl);
      return visible + inFlight === 0;
    });
  }

  async send(messages: readonly Queued[], QueueUrl = this.resources.scanQueueUrl): Promise<void> {
    for (const { body: MessageBody, attributes: MessageAttributes } of messages) {
      await this.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
    }
  }

  /**
   * Puts a message on the scan queue whose next receive is its third and last. It becomes visible after a while, or when
   * the returned function is called.
   */
  async sendForTheLastTime(MessageBody: string): Promise<() => Promise<void>> {
    const { sqs } = this.clients;
    const QueueUrl = this.resources.scanQueueUrl;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    const receive = async (VisibilityTimeout: number) => {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout, WaitTimeSeconds: 5 }),
      );
      return Messages[0]?.ReceiptHandle;
    };
    await receive(0);
    const ReceiptHandle = await receive(600);
    return async () => {
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    };
  }

  /** Resolves when the table is gone. */
  async deleteTable(TableName: string): Promise<void> {
    const { dynamodb } = this.clients;
    await dynamodb.send(new DeleteTableCommand({ TableName }));
    await waitUntilTableNotExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1 }, { TableName });
  }

  /** Takes every message off a queue, in the order of their bodies. */
  async take(QueueUrl: string): Promise<Queued[]> {
    const { sqs } = this.clients;
    const taken: Queued[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0, MessageAttributeNames: ['All'] }),
      );
      const [message] = Messages;
      if (!message) return taken.sort((a, b) => (a.body < b.body ? -1 : 1));
      const attributes = Object.entries(message.MessageAttributes ?? {}).map(
        ([name, { DataType = '', StringValue = '' }]) => [name, { DataType, StringValue }],
      );
      taken.push({ body: message.Body ?? '', attributes: Object.fromEntries(attributes) });
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    }
  }

  async put(TableName: string, Item: Item): Promise<void> {
    await this.clients.dynamodb.send(new PutItemCommand({ TableName, Item }));
  }

  async get(TableName: string, Key: Item): Promise<Item> {
    const { Item = {} } = await this.clients.dynamodb.send(
      new GetItemCommand({ TableName, Key, ConsistentRead: true }),
    );
    return itemOf(Item);
  }

  /** Every item of a table, in the order of a key attribute. */
  async scan(TableName: string, key: string): Promise<Item[]> {
    const { Items = [] } = await this.clients.dynamodb.send(new ScanCommand({ TableName, ConsistentRead: true }));
    const keyOf = (item: Item) => JSON.stringify(item[key]);
    return Items.map(itemOf).sort((a, b) => keyOf(a).localeCompare(keyOf(b), 'en', { numeric: true }));
  }
}

const texts = z.array(z.strictObject({ S: z.string() }));

type Attributes = Readonly<
  Record<
    string,
    {
      readonly S?: string;
      readonly N?: string;
      readonly SS?: readonly string[];
      readonly NS?: readonly string[];
      readonly L?: readonly unknown[];
    }
  >
>;

/** Sorted by attribute name, and a set by its elements, so that it does not depend on the engine. Refuses what Waybill does not write. */
function itemOf(attributes: Attributes): Item {
  const names = Object.keys(attributes).sort();
  return Object.fromEntries(
    names.map((name) => {
      const { S, N, SS, NS, L } = attributes[name] ?? {};
      if (S !== undefined) return [name, { S }];
      if (N !== undefined) return [name, { N }];
      if (SS !== undefined) return [name, { SS: SS.toSorted() }];
      if (NS !== undefined) return [name, { NS: NS.toSorted() }];
      if (L !== undefined) return [name, { L: texts.parse(L) }];
      throw new Error(`${name} is neither a string nor a number, nor a set of them, nor a list`);
    }),
  );
}
