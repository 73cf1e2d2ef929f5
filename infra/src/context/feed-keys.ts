import { pollerVariables } from '@waybill/poller/config.ts';
import { contextKey, wholeNumber } from './context-key.ts';
import { secretName } from './secret-name.ts';

/** The feed that is read. */
export const feedKeys = {
  apiUrl: contextKey({
    meaning: "the Scan Event API's endpoint, like `https://host/v1/scans/scanevents`",
    allowed: 'an http(s) URL without user or password',
    shownDefault: 'required unless `stacks=data`',
    // The poller itself reads it in the same way.
    read: (value) => pollerVariables.SCAN_API_URL.safeParse(value).data,
  }),
  apiTokenSecret: secretName("name of the Secrets Manager secret that holds the Scan Event API's bearer token as text"),
  quietHours: wholeNumber({
    meaning:
      'hours without a new event that are normal, as over a weekend; longer ones raise the alarm `feed-silent`. 0: no such alarm',
    min: 0,
    max: 720,
    default: 48,
  }),
};
