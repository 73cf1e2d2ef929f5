import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@waybill/local/free-port.ts';
import { notifierVariables, receiverVariables } from '@waybill/local/pipeline/service-process.ts';
import type { Resources } from '@waybill/provisioner/provision.ts';
import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import type { Engine } from '../pipelines/engine.ts';
import { MeasuredProcess } from '../pipelines/measured-process.ts';
import { type Announce, oneEach, packed } from './announced.ts';
import { secret } from './received.ts';

export type Where = {
  readonly engine: Pick<Engine, 'env'>;
  readonly resources: Resources;
  readonly webhookUrl: string;
};

/** A notifier that is measured, and how deliveries are announced to it. */
export type Subject = {
  readonly name: string;
  readonly announce: Announce;
  readonly start: (where: Where) => MeasuredProcess | Promise<MeasuredProcess>;
};

/** Attempts at once of either notifier: four consumers that have ten messages each. */
const atOnce = 40;
/** Receives that the notifier has under way when it waits for work; the same number of consumers. */
const receives = 4;

const waybillEntry = new URL('../../../packages/notifier/src/main.ts', import.meta.url);
const straightforwardEntry = new URL('../straightforward/notifier.ts', import.meta.url);

/** Waybill's notifier as production starts it. */
export const waybillNotifier: Subject = {
  name: 'Waybill',
  announce: packed,
  start: async ({ engine, resources, webhookUrl }) =>
    new MeasuredProcess(
      'notifier',
      waybillEntry,
      {
        ...engine.env,
        ...defined({ ...notifierVariables(resources), ...receiverVariables(webhookUrl, secret) }),
        ...{ WEBHOOK_CONCURRENCY: String(atOnce), LOG_LEVEL: 'warn' },
        ...{ HTTP_HOST: '127.0.0.1', HTTP_PORT: String(await freePort()) },
      },
      nodeFlags,
    ),
};

/** A notifier as a good engineer would assemble it from sqs-consumer. */
export const straightforwardNotifier: Subject = {
  name: 'straightforward',
  announce: oneEach,
  start: ({ engine, resources, webhookUrl }) =>
    new MeasuredProcess('straightforward notifier', straightforwardEntry, {
      ...engine.env,
      ...defined({ ...notifierVariables(resources), ...receiverVariables(webhookUrl, secret) }),
    }),
};

/** Resolves when the process waits for messages. */
export async function untilReceiving(process: MeasuredProcess): Promise<void> {
  for (;;) {
    const { calls } = await process.usage();
    if ((calls['AmazonSQS.ReceiveMessage'] ?? 0) >= receives) return;
    await delay(20);
  }
}

function defined(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
