import type { z } from 'zod';
import { decimalNumber, httpUrl, wholeNumber } from '../process/env.ts';
import { proxiesIn, proxyVariables } from '../process/proxy-variables.ts';
import { accessProblems, accessVariables } from './access-variables.ts';
import type { ScanApiAccess } from './authorised-get.ts';
import { largestLimit } from './page-limit.ts';

/** The variables that say where the Scan Event API is and how it is asked. {@link proxyVariables} belong to it as well. */
export const scanApiVariables = {
  SCAN_API_URL: httpUrl({ meaning: 'endpoint, such as `https://host/v1/scans/scanevents`; its own query is kept' }),
  ...accessVariables,
  SCAN_API_LIMIT: wholeNumber({ min: 1, max: largestLimit, default: 100, meaning: 'events per page' }),
  SCAN_API_REQUESTS_PER_SECOND: decimalNumber({
    min: 0.1,
    max: 1_000,
    default: 10,
    meaning: "limit of a token bucket that holds one second's worth; retries and requests for gaps count",
  }),
  SCAN_API_TIMEOUT_MS: wholeNumber({
    min: 100,
    max: 120_000,
    default: 10_000,
    meaning: 'time limit of one request, its body included',
  }),
};

/** The variables of those who read a feed, at a pace of their own. */
export const feedReaderVariables = (({ SCAN_API_REQUESTS_PER_SECOND: _, ...others }) => ({
  ...others,
  ...proxyVariables,
}))(scanApiVariables);

type ReadVariables = {
  readonly [Name in keyof typeof feedReaderVariables]: z.output<(typeof feedReaderVariables)[Name]>;
};

/** For `superRefine`: tells what does not fit together. */
export function checkScanApi(read: ReadVariables, context: z.core.$RefinementCtx): void {
  for (const [name, message] of accessProblems(read)) context.addIssue({ code: 'custom', path: [name], message });
}

/** How the API is asked, as its client takes it. */
export function scanApiOf(read: ReadVariables): ScanApiAccess & { readonly url: string; readonly timeoutMs: number } {
  const { SCAN_API_CLIENT_CERT: certificate, SCAN_API_CLIENT_KEY: privateKey } = read;
  return {
    url: read.SCAN_API_URL,
    timeoutMs: read.SCAN_API_TIMEOUT_MS,
    token: read.SCAN_API_TOKEN,
    headers: read.SCAN_API_HEADERS,
    oauth: read.SCAN_API_OAUTH ?? undefined,
    clientCertificate: certificate === '' ? undefined : { certificate, privateKey },
    proxies: proxiesIn(read),
  };
}
