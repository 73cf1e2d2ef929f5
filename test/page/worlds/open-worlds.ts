import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { provision } from '@waybill/provisioner/provision.ts';
import { z } from 'zod';
import type { OnEngines } from '../../../packages/consumer/test/engines.ts';
import { startEngines } from '../../../packages/local/src/engines/engines.ts';
import { momentMs } from './moment.ts';
import { type ServedPage, servePage } from './serve-page.ts';
import { fillWorld, type WorldName } from './world.ts';

export type OpenWorld = { readonly page: ServedPage; readonly engines: OnEngines };

export type Worlds<Name extends WorldName> = {
  readonly of: (name: Name) => OpenWorld;
  readonly stop: () => Promise<void>;
};

/** Embedded engines, and on them for each world its tables, its queues and an API that serves the page. */
export async function openWorlds<Name extends WorldName>(
  names: readonly Name[],
  { failures }: { readonly failures?: number } = {},
): Promise<Worlds<Name>> {
  const embedded = await startEngines();
  const settings = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const sqs = new SQSClient({ ...settings, endpoint: embedded.sqsEndpoint, useQueueUrlAsEndpoint: false });
  sendAtTheMoment(sqs);
  const dynamodb = new DynamoDBClient({ ...settings, endpoint: embedded.dynamodbEndpoint });
  const open = async (name: Name): Promise<[Name, OpenWorld]> => {
    const engines = { sqs, dynamodb, resources: await provision({ sqs, dynamodb, prefix: `${name}-` }) };
    await fillWorld(name, engines, failures);
    return [name, { page: await servePage(name, engines), engines }];
  };
  const worlds = new Map(await Promise.all(names.map(open)));
  return {
    of: (name) => {
      const world = worlds.get(name);
      if (!world) throw new Error(`the world ${name} was not opened`);
      return world;
    },
    stop: async () => {
      await Promise.all([...worlds.values()].map(({ page }) => page.stop()));
      await embedded.stop();
      sqs.destroy();
      dynamodb.destroy();
    },
  };
}

const received = z.object({ Messages: z.array(z.looseObject({ Attributes: z.record(z.string(), z.string()) })) });

/** Has the client receive messages as if they had been sent an hour before the world's moment. */
function sendAtTheMoment(sqs: SQSClient): void {
  sqs.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args);
        const { data } = commandName === 'ReceiveMessageCommand' ? received.safeParse(answer.output) : {};
        const sentAt = { SentTimestamp: String(momentMs - 3_600_000) };
        if (!data) return answer;
        const messages = data.Messages.map((message) => ({
          ...message,
          Attributes: { ...message.Attributes, ...sentAt },
        }));
        return { ...answer, output: { ...answer.output, Messages: messages } };
      },
    { step: 'initialize', name: 'sendAtTheMoment' },
  );
}
