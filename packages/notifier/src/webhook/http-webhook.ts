import type { Clock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { keyOfSecret } from '@waybill/shared/standard-webhooks/secret.ts';
import { webhookPolicy } from '../addresses/check-url.ts';
import type { LookupAll } from '../addresses/checked-lookup.ts';
import { httpEndpoint } from '../endpoint/http-endpoint.ts';
import { signedHeaders } from './signature.ts';
import type { Webhook } from './webhook.ts';
import type { WebhookSettings } from './webhook-settings.ts';

const endpoint = {
  name: 'the webhook',
  variable: 'WEBHOOK_URL',
  credential: 'whether it verifies with a secret of WEBHOOK_SECRETS',
};

/**
 * The webhook over HTTP. Throws `CONFIG_INVALID` for a secret that is none.
 *
 * @param lookup finds the addresses of names; `dns.lookup` by default
 */
export function httpWebhook(
  settings: WebhookSettings,
  clock: Clock,
  lookup?: LookupAll,
): Webhook & { readonly close: () => Promise<void> } {
  const { timeoutMs, concurrency } = settings;
  const url = new URL(settings.url);
  const policy = webhookPolicy(url, settings.allowedCidrs);
  const keys = settings.secrets.map(keyOf);
  const path = url.pathname + url.search;
  const { send, close } = httpEndpoint({ url, endpoint, policy, timeoutMs, concurrency, clock, lookup });
  return {
    host: url.hostname,
    notify: (request, signal) =>
      send(
        () => ({
          method: 'POST',
          path,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'waybill',
            ...signedHeaders(request, keys, clock.now()),
          },
          body: request.body,
        }),
        signal,
      ),
    close,
  };
}

function keyOf(secret: string): Buffer {
  const key = keyOfSecret(secret);
  if (!key) throw new WaybillError('CONFIG_INVALID', 'a secret of WEBHOOK_SECRETS is not whsec_ and base64');
  return key;
}
