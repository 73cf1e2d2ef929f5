import { WaybillError } from '@waybill/shared/error.ts';
import type { Chance } from './chance.ts';

/** What an endpoint responds that does not serve, or that serves something else; undefined: the connection fails. */
const statuses = [undefined, undefined, 301, 302, 307, 308, 404, 405, 408, 410, 425, 500, 502, 503] as const;

/** What the webhook's client makes of it: never the notification's fault. */
export function endpointError(as: 'refused' | 'silent' | 'throttled' | 'forbidden', chance: Chance): Error {
  if (as === 'silent') return unansweredError();
  if (as === 'forbidden') return unavailable(chance.pick([401, 401, 403]));
  const status = as === 'throttled' ? 429 : chance.pick(statuses);
  const mayAskToWait = status === 429 || status === 503;
  return unavailable(status, mayAskToWait && chance.happens(0.5) ? chance.between(0, 30_000) : undefined);
}

export function unansweredError(): Error {
  return unavailable(undefined);
}

function unavailable(status: number | undefined, retryAfterMs?: number): Error {
  return new WaybillError('ENDPOINT_UNAVAILABLE', `simulated: ${status ?? 'no response'}`, {
    details: { ...(status !== undefined && { status }), ...(retryAfterMs !== undefined && { retryAfterMs }) },
  });
}
