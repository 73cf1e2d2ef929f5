import { scanApiPath } from '@waybill/carrier/scan-api-server.ts';
import type { Resources } from '@waybill/provisioner/provision.ts';
import { describeError } from '@waybill/shared/error.ts';
import { shellLines } from '@waybill/shared/process/shell-variables.ts';
import { accessVariables as scanApiAccessVariables } from '@waybill/shared/scan-api/access-variables.ts';
import type { StartOptions } from './config.ts';
import type { Engines } from './engines/engines.ts';
import { freePort } from './free-port.ts';
import type { OwnWebhook } from './own-webhook.ts';
import { type ApiAccess, accessVariables, signInLink } from './pipeline/api-access.ts';
import { startKept } from './pipeline/kept-process.ts';
import { feedName } from './pipeline/pipeline.ts';
import { apiVariables, type Environment, notifierVariables } from './pipeline/service-process.ts';
import type { ProgressDisplay } from './progress.ts';

export type Kept = {
  readonly engines: Engines;
  readonly resources: Resources;
  readonly api: ApiAccess;
  readonly webhook: OwnWebhook;
  readonly feed: Pick<StartOptions, 'scanApi' | 'seed' | 'events'>;
  /** Of the processes. */
  readonly env: Environment;
  readonly display: ProgressDisplay;
};

/**
 * Leaves engines, feed, API, notifier and receiver up after this process, and says how to reach and to end them. Ctrl-C does
 * not end them.
 */
export async function keep(kept: Kept): Promise<void> {
  const { engines, resources, api, webhook, display } = kept;
  await engines.keep();
  const { pids, scanApiUrl } = await startAll(kept).catch((error: unknown) => {
    display.say(`${describeError(error)}. Queues and tables are not affected.`);
    return { pids: [], scanApiUrl: '' };
  });
  const { origin } = new URL(webhook.receiver.url);
  display.say(
    [
      '',
      'Queues and tables are still up. Paste this into any terminal (in fish, with',
      '`set -e` for `unset`), for npx waybill, npm run poller, processor, notifier',
      'and api, and the AWS CLI 2 (1 needs --endpoint-url "$AWS_ENDPOINT_URL_SQS" for',
      'sqs):',
      ...shellLines({
        ...engines.env,
        ...apiVariables(resources),
        NOTIFICATION_QUEUE_URL: resources.announcementQueueUrl,
        ANNOUNCEMENT_QUEUE_URLS: resources.announcementQueueUrl,
        ...(scanApiUrl !== '' && { SCAN_API_URL: scanApiUrl }),
        // What a carrier demands of its callers is nothing for a simulated feed.
        ...(!kept.feed.scanApi && Object.fromEntries(Object.keys(scanApiAccessVariables).map((name) => [name, '']))),
        ...webhook.variables,
        ...accessVariables(api),
        API_TOKENS: api.variables['API_TOKENS'],
        // Each finds a free one, and logs it: several are started on one machine.
        API_PORT: '0',
        HTTP_PORT: '0',
      }).map((line) => `  ${line}`),
      `The DLQs are ${resources.deadLetterQueueUrl}`,
      `and ${resources.announcementDeadLetterQueueUrl}`,
      'To ask how they are: npx waybill status',
      ...(pids.length === 0
        ? []
        : [
            'The API is still up with its page, where this link signs in:',
            `  ${signInLink(api)}`,
            `So ${kept.feed.scanApi ? 'is the notifier' : 'are the notifier and the simulated feed, of the same elements'}.`,
            'To have a parcel told once more, and see what its receiver knows:',
            '  curl -H "Authorization: Bearer $WAYBILL_TOKEN" \\',
            `    -H "Content-Type: application/json" -d '{"parcelIds":[${toldParcel(webhook)}],"again":true}' \\`,
            '    "$WAYBILL_URL/v1/notifications/deliveries"',
            `  curl ${origin}/told`,
          ]),
      `To end them: kill ${[...engines.pids, ...pids].join(' ')}`,
    ].join('\n'),
  );
}

/** The receiver first: whoever calls it must find it. */
async function startAll({ resources, api, webhook, feed, env }: Kept) {
  const common = { ...env, FEED: feedName };
  const { port, origin } = new URL(webhook.receiver.url);
  const notifierPort = String(await freePort());
  const pids = [
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
  if (feed.scanApi) return { pids, scanApiUrl: feed.scanApi.url };
  const scanApiPort = String(await freePort());
  const scanApi = new URL(scanApiPath, `http://127.0.0.1:${scanApiPort}`);
  const pid = await startKept('simulated Scan Event API', `${scanApi.origin}/livez`, {
    ...env,
    FEED_SEED: String(feed.seed),
    FEED_EVENTS: String(feed.events),
    HTTP_PORT: scanApiPort,
  });
  return { pids: [...pids, pid], scanApiUrl: scanApi.href };
}

/** A parcel whose delivery was told; any, where none was. */
function toldParcel({ receiver }: OwnWebhook): number {
  const [first] = receiver.told().values();
  return first?.notification.parcelId ?? 5_002;
}
