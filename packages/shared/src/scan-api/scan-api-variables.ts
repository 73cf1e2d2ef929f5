import { decimalNumber, httpUrl, secret, wholeNumber } from '../process/env.ts';
import { largestLimit } from './page-limit.ts';

/** The variables that say where the Scan Event API is and how it is asked. */
export const scanApiVariables = {
  SCAN_API_URL: httpUrl({ meaning: 'endpoint, such as `https://host/v1/scans/scanevents`; its own query is kept' }),
  SCAN_API_TOKEN: secret({ meaning: 'sent as a bearer token' }),
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
