import type { IncomingHttpHeaders } from 'node:http';
import { WaybillError } from '@waybill/shared/error.ts';
import { type Callee, connectionFailure } from '@waybill/shared/http/connection-failure.ts';
import { retryAfterOf } from '@waybill/shared/http/retry-after.ts';

/** Statuses that refuse what was sent, and say nothing against the endpoint: docs/notifications.md, "What your response means". */
const refusals: ReadonlySet<number> = new Set([400, 409, 413, 415, 422]);

/** The longest that an endpoint's `Retry-After` is obeyed, milliseconds. */
const longestRetryAfterMs = 3_600_000;

/** Who is called: besides its name and its variable, the one with which it knows us. */
export type EndpointName = Callee & { readonly credential: string };

/** The error of a status that is no success. Of the response it shows the status alone; of the URL the host. */
export function statusFailure(
  status: number,
  headers: IncomingHttpHeaders,
  endpoint: EndpointName,
  nowMs: number,
): WaybillError {
  const { name } = endpoint;
  if (refusals.has(status))
    return new WaybillError('NOTIFICATION_REFUSED', `${name} refused this one with status ${status}`, {
      details: { status },
    });
  const wait = retryAfterOf([headers['retry-after']].flat()[0], nowMs);
  const advice = adviceFor(status, endpoint);
  return new WaybillError('ENDPOINT_UNAVAILABLE', `${name} returned status ${status}${advice && `: ${advice}`}`, {
    details: { status, ...(wait !== undefined && { retryAfterMs: Math.min(wait, longestRetryAfterMs) }) },
  });
}

/** What the reader can do about a status; empty for nothing. */
function adviceFor(status: number, { variable, credential }: EndpointName): string {
  if (status >= 300 && status <= 399) return `redirects are not followed; set ${variable} to the address itself`;
  if (status === 401 || status === 403) return `check ${credential}`;
  if (status === 404 || status === 405 || status === 410) return `check the path of ${variable}`;
  return '';
}

/** The error of a request that got no status. */
export function requestFailure(error: unknown, url: URL, endpoint: EndpointName): WaybillError {
  if (error instanceof WaybillError) return error;
  const { text, code } = connectionFailure(error, url, endpoint);
  return new WaybillError('ENDPOINT_UNAVAILABLE', text, { details: { ...(code !== undefined && { code }) } });
}

export function timedOut({ host }: URL, { name }: EndpointName, timeoutMs: number): WaybillError {
  return new WaybillError('ENDPOINT_UNAVAILABLE', `${name} (${host}) did not respond within ${timeoutMs} ms`);
}
