import type { Resources } from '@waybill/provisioner/provision.ts';
import { describeError } from '@waybill/shared/error.ts';
import type { Engines } from './engines/engines.ts';
import { freePort } from './free-port.ts';
import type { OwnWebhook } from './own-webhook.ts';
import type { ApiAccess } from './pipeline/api-access.ts';
import { startKept } from './pipeline/kept-process.ts';
import { feedName } from './pipeline/pipeline.ts';
import { apiVariables, type Environment, notifierVariables } from './pipeline/service-process.ts';
import type { ProgressDisplay } from './progress.ts';

export type Kept = {
  readonly engines: Engines;
  readonly resources: Resources;
  readonly api: ApiAccess;
  readonly webhook: OwnWebhook;
  /** Of the processes. */
  readonly env: Environment;
  readonly display: ProgressDisplay;
};

/** Leaves engines, API, notifier and receiver up after this process, and says how to reach and to end them. Ctrl-C does not. */
export async function keep(kept: Kept): Promise<void> {
  const { engines, resources, api, webhook, display } = kept;
  await engines.keep();
  const pids = await startAll(kept).catch((error: unknown) => {
    display.say(`${describeError(error)}. Queues and tables are not affected.`);
    return [];
  });
  const { origin } = new URL(webhook.receiver.url);
  const told = { ANNOUNCEMENT_QUEUE_URLS: resources.announcementQueueUrl, ...webhook.variables };
  display.say(
    [
      '',
      'Queues and tables are still up. To reach them:',
      ...exportLines({ ...engines.env, ...apiVariables(resources) }),
      'What is told, and to whom, for waybill notifications announce and send:',
      ...exportLines(told),
      `The DLQs are ${resources.deadLetterQueueUrl}`,
      `and ${resources.announcementDeadLetterQueueUrl}`,
      'To ask how they are: npx waybill status',
      ...(pids.length === 0
        ? []
        : [
            `The API is still up at ${api.url}, with the token above, and so is the`,
            'notifier. To have a parcel told once more, and see what its receiver knows:',
            `  curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\`,
            `    -d '{"parcelIds":[${toldParcel(webhook)}],"again":true}' \\`,
            `    ${api.url}/v1/notifications/deliveries`,
            `  curl ${origin}/told`,
          ]),
      `To end them: kill ${[...engines.pids, ...pids].join(' ')}`,
    ].join('\n'),
  );
}

/** As a shell reads them. */
function exportLines(variables: Environment): readonly string[] {
  return Object.entries(variables).map(([name, value = '']) => `  export ${name}=${value}`);
}

/** The receiver first: whoever calls it must find it. */
async function startAll({ resources, api, webhook, env }: Kept): Promise<number[]> {
  const common = { ...env, FEED: feedName };
  const { port, origin } = new URL(webhook.receiver.url);
  const notifierPort = String(await freePort());
  return [
    await startKept('receiver', `${origin}/livez`, {
      ...common,
      HTTP_PORT: port,
      WEBHOOK_SECRETS: webhook.secret,
      RECEIVER_FAULTS: '0',
    }),
    await startKept('notifier', `http://127.0.0.1:${notifierPort}/livez`, {
      ...common,
      ...notifierVariables(resources),
      ...webhook.variables,
      HTTP_PORT: notifierPort,
    }),
    await startKept('API', api.url, { ...common, ...apiVariables(resources), ...api.variables, ...webhook.variables }),
  ];
}

/** A parcel whose delivery was told; any, where none was. */
function toldParcel({ receiver }: OwnWebhook): number {
  const [first] = receiver.told().values();
  return first?.notification.parcelId ?? 5_002;
}
