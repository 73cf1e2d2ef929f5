import type { Clock } from '@waybill/shared/clock.ts';
import { reportPolicy } from '../addresses/check-url.ts';
import type { LookupAll } from '../addresses/checked-lookup.ts';
import { httpEndpoint } from '../endpoint/http-endpoint.ts';
import type { ReportTarget } from './webhook.ts';
import type { ReportSettings } from './webhook-settings.ts';

const endpoint = { name: 'the report target', variable: 'REPORT_URL', credential: 'REPORT_TOKEN' };

/**
 * The operator's own system, which is told that a milestone was told. It may have any address but those that are never called.
 *
 * @param lookup finds the addresses of names; `dns.lookup` by default
 */
export function httpReportTarget(
  settings: ReportSettings,
  clock: Clock,
  lookup?: LookupAll,
): ReportTarget & { readonly close: () => Promise<void> } {
  const { token, timeoutMs, concurrency } = settings;
  const url = new URL(settings.url);
  const path = url.pathname.replace(/\/$/, '');
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'waybill',
    ...(token !== '' && { authorization: `Bearer ${token}` }),
  };
  const options = { url, endpoint, policy: reportPolicy, timeoutMs, concurrency, clock, lookup };
  const { send, close } = httpEndpoint(options);
  return {
    report: ({ parcelId, milestone, notificationId, notifiedCount, notifiedAtUtc }, signal) =>
      send(
        () => ({
          method: 'PUT',
          path: `${path}/${parcelId}${url.search}`,
          headers: { ...headers, 'idempotency-key': notificationId },
          body: JSON.stringify({ parcelId, milestone, notificationId, notifiedCount, notifiedAtUtc }),
        }),
        signal,
      ),
    close,
  };
}
