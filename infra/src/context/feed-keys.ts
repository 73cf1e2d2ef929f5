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
  apiHeadersSecret: secretName(
    'name of the secret that holds `SCAN_API_HEADERS`: a JSON object of header names and values',
  ),
  apiOauthSecret: secretName(
    'name of the secret that holds `SCAN_API_OAUTH`: a client of OAuth 2, in place of `apiTokenSecret`',
  ),
  apiClientCertSecret: secretName(
    'name of the secret with the client certificate for mutual TLS, in JSON: `{"certificate": "…", "privateKey": "…"}`, both in PEM',
  ),
  quietHours: wholeNumber({
    meaning:
      'hours without a new event that are normal, as over a weekend; longer ones raise the alarm `feed-silent`. 0: no such alarm',
    min: 0,
    max: 720,
    default: 48,
  }),
};
