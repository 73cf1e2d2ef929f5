import { systemClock } from '@waybill/shared/clock.ts';
import { readEnv } from '@waybill/shared/process/env.ts';
import type { AnswerObserver } from '@waybill/shared/scan-api/answer-observer.ts';
import { scanApi } from '@waybill/shared/scan-api/scan-api.ts';
import { scanApiVariables } from '@waybill/shared/scan-api/scan-api-variables.ts';
import type { ScanFeed } from '@waybill/shared/scan-api/scan-feed.ts';
import { z } from 'zod';
import type { StartOptions } from './config.ts';
import type { Environment } from './pipeline/service-process.ts';

/** A real Scan Event API. */
export type RealFeed = {
  readonly url: string;
  readonly token: string;
  /** `FIRST_EVENT_ID`, `SCAN_API_LIMIT` and `SCAN_API_TIMEOUT_MS`: as the poller will ask. */
  readonly firstEventId: number;
  readonly limit: number;
  readonly timeoutMs: number;
  /** Opens it with what it is to accept: one request, as the poller makes it. */
  readonly open: (observer?: AnswerObserver) => ScanFeed;
};

/** The feed of these options, with the poller's variables. Throws `CONFIG_INVALID` with every wrong variable. */
export function realFeed(options: NonNullable<StartOptions['scanApi']>, env: Environment): RealFeed {
  const { SCAN_API_LIMIT, SCAN_API_TIMEOUT_MS } = scanApiVariables;
  const read = readEnv(z.object({ SCAN_API_LIMIT, SCAN_API_TIMEOUT_MS }), env);
  const { url, token } = options;
  const timeoutMs = read.SCAN_API_TIMEOUT_MS;
  return {
    ...options,
    limit: read.SCAN_API_LIMIT,
    timeoutMs,
    open: (observer) => scanApi({ url, token, timeoutMs, clock: systemClock, ...(observer && { observer }) }),
  };
}
