import { pattern, readEnv, secret, wholeNumber } from '@waybill/shared/process/env.ts';
import { commonVariables } from '@waybill/shared/process/process-config.ts';
import { z } from 'zod';

/** Of `npm run scan-api`. */
export const scanApiVariables = {
  HTTP_HOST: commonVariables.HTTP_HOST,
  HTTP_PORT: commonVariables.HTTP_PORT,
  FEED_EVENTS: wholeNumber({ min: 1, max: 5_000_000, default: 20_000, meaning: 'number of elements in the feed' }),
  FEED_SEED: wholeNumber({ min: 0, max: 4_294_967_295, default: 1, meaning: 'seed of the feed and its faults' }),
  FEED_END_UTC: pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, {
    allowed: 'a time such as 2026-11-29T08:00:00Z',
    default: '',
    shownDefault: 'the time of the start',
    meaning: 'when the last scan of the feed is reported',
  }),
  SCAN_API_TOKEN: secret({ meaning: 'bearer token that every request must carry' }),
};

/** Reads the environment of the simulated API. Throws `CONFIG_INVALID` with every wrong variable in it. */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  return readEnv(z.object(scanApiVariables), env);
}
