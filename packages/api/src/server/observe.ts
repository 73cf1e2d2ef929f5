import type { Metrics } from '@waybill/shared/metrics.ts';
import type { Logger } from '@waybill/shared/process/logger.ts';
import type { FastifyRequest } from 'fastify';
import type { Problem } from '../problems/problem.ts';

/** The status of a request whose client went before its answer: nginx's word for it. */
export const clientGone = 499;

/** What one line of the log, and the metrics, say of a request: nothing that the client wrote, but for its id. */
export type Answered = {
  readonly requestId: string;
  /** `GET /v1/parcels/{parcelId}`; {@link noRoute} for what has none. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  /** The name of the token or of the secret; `-` for none. */
  readonly token: string;
};

/** One name for every path and method that is not ours, however many are tried: each name is a series of its own. */
export const noRoute = 'none';

const names = new Map<string, string>();

/** The route of a request, by the pattern of its path. */
export function routeOf({ is404, method, routeOptions: { url, config } }: FastifyRequest): string {
  if (is404 || url === undefined || config?.refused) return noRoute;
  const key = `${method} ${url}`;
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = key.replaceAll(/:(\w+)/g, '{$1}');
  names.set(key, name);
  return name;
}

export function observeAnswer(answered: Answered, { log, metrics }: { log: Logger; metrics: Metrics }): void {
  const { route, status, ms } = answered;
  const attributes = { route, status: String(status) };
  metrics['waybill.api.requests'].add(1, attributes);
  metrics['waybill.api.duration'].record(ms / 1_000, attributes);
  log.info(answered, 'request');
}

/** Logs and counts what went wrong inside, and what was refused. */
export function observeProblem(
  { code, message, more: { reason, cause } }: Problem,
  { requestId, route }: Pick<Answered, 'requestId' | 'route'>,
  { log, metrics }: { log: Logger; metrics: Metrics },
): void {
  if (reason !== undefined) metrics['waybill.api.rejections'].add(1, { reason });
  // With the route, so that each of them is logged.
  if (code === 'INTERNAL') log.error({ err: cause, requestId, route }, 'request failed');
  else if (code === 'UNAVAILABLE' && cause !== undefined) log.warn({ err: cause, requestId }, message);
}
