import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { leaksIn } from '../../test/planted-secrets.ts';
import { testClient, testStranger } from '../../test/test-certificates.ts';
import { readEnv } from '../process/env.ts';
import { checkScanApi, feedReaderVariables, scanApiOf } from './scan-api-variables.ts';

const SCAN_API_URL = 'https://carrier.test/v1/scans';
const schema = z.object(feedReaderVariables).superRefine(checkScanApi);
const read = (env: Record<string, string>) => scanApiOf(readEnv(schema, { SCAN_API_URL, ...env }));

function complaints(env: Record<string, string>): string[] {
  try {
    read(env);
    return [];
  } catch (error) {
    expect(leaksIn(error, ['hunter2', 'MIG', 'MII'])).toEqual([]);
    return String(error)
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

const oauth = { tokenUrl: 'https://token.test/oauth', clientId: 'waybill', clientSecret: 'hunter2' };
const oneLine = (pem: string) => pem.replaceAll('\n', '\\n');

describe('access to the Scan Event API', () => {
  test('is nothing by default', () => {
    expect(read({})).toMatchObject({ token: '', headers: {}, oauth: undefined, clientCertificate: undefined });
  });

  test('is headers, by their names in lower case', () => {
    const headers = { 'X-Api-Key': 'a b', accept: 'application/vnd.carrier.v2+json' };
    expect(read({ SCAN_API_HEADERS: JSON.stringify(headers) }).headers).toEqual({
      'x-api-key': 'a b',
      accept: headers.accept,
    });
    expect(read({ SCAN_API_HEADERS: '{"authorization":"Basic eDp5"}' }).headers).toEqual({
      authorization: 'Basic eDp5',
    });
    expect(read({ SCAN_API_HEADERS: '{"x-api-key":"k"}', SCAN_API_TOKEN: 't' })).toMatchObject({ token: 't' });
  });

  test('is a client of OAuth', () => {
    expect(read({ SCAN_API_OAUTH: JSON.stringify(oauth) }).oauth).toEqual(oauth);
    const whole = { ...oauth, scope: 'a b', audience: 'c' };
    expect(read({ SCAN_API_OAUTH: JSON.stringify(whole) }).oauth).toEqual(whole);
  });

  test('is a certificate with its key, also where they stand in one line', () => {
    const { certificate, privateKey } = testClient;
    const env = { SCAN_API_CLIENT_CERT: certificate, SCAN_API_CLIENT_KEY: oneLine(privateKey) };
    expect(read(env).clientCertificate).toEqual(testClient);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      'no JSON',
      { SCAN_API_HEADERS: 'hunter2' },
      'SCAN_API_HEADERS expected a JSON object of header names and values, got something else',
    ],
    [
      'an array',
      { SCAN_API_HEADERS: '["hunter2"]' },
      'SCAN_API_HEADERS expected a JSON object of header names and values, got something else',
    ],
    [
      'a number',
      { SCAN_API_HEADERS: '{"x":1}' },
      'SCAN_API_HEADERS expected a JSON object of header names and values, got something else',
    ],
    [
      'a name with a blank',
      { SCAN_API_HEADERS: '{"hunter2 x":"y"}' },
      "SCAN_API_HEADERS has no header's name in entry 1",
    ],
    [
      'a line break',
      { SCAN_API_HEADERS: '{"a":"b","x":"hunter2\\r\\ny: z"}' },
      "SCAN_API_HEADERS has no header's value in entry 2: visible ASCII",
    ],
    [
      'an empty value',
      { SCAN_API_HEADERS: '{"x":""}' },
      "SCAN_API_HEADERS has no header's value in entry 1: visible ASCII",
    ],
    [
      'a header twice',
      { SCAN_API_HEADERS: '{"x-key":"hunter2","X-Key":"b"}' },
      'SCAN_API_HEADERS has a header twice, with entry 2',
    ],
    [
      'the host',
      { SCAN_API_HEADERS: '{"Host":"hunter2"}' },
      'SCAN_API_HEADERS may not hold the header host, which belongs to how requests are sent',
    ],
    [
      'a length',
      { SCAN_API_HEADERS: '{"content-length":"1"}' },
      'SCAN_API_HEADERS may not hold the header content-length, which belongs to how requests are sent',
    ],
    [
      'the token twice',
      { SCAN_API_HEADERS: '{"Authorization":"hunter2"}', SCAN_API_TOKEN: 'hunter2' },
      'SCAN_API_HEADERS may not hold authorization beside SCAN_API_TOKEN or SCAN_API_OAUTH',
    ],
    [
      'two tokens',
      { SCAN_API_OAUTH: JSON.stringify(oauth), SCAN_API_TOKEN: 'hunter2' },
      'SCAN_API_OAUTH cannot be combined with SCAN_API_TOKEN: set one of them',
    ],
    [
      'no secret',
      { SCAN_API_OAUTH: JSON.stringify({ ...oauth, clientSecret: undefined }) },
      'SCAN_API_OAUTH expected a JSON object with tokenUrl, clientId, clientSecret, scope, audience: clientSecret is missing or not text',
    ],
    [
      'a key of ours unknown',
      { SCAN_API_OAUTH: JSON.stringify({ ...oauth, hunter2: '' }) },
      'SCAN_API_OAUTH expected a JSON object with tokenUrl, clientId, clientSecret, scope, audience: got something else',
    ],
    [
      'a user in the URL',
      { SCAN_API_OAUTH: JSON.stringify({ ...oauth, tokenUrl: 'https://u:hunter2@x.test' }) },
      'SCAN_API_OAUTH expected tokenUrl to be an http(s) URL without user, password and fragment',
    ],
    [
      'no certificate',
      { SCAN_API_CLIENT_CERT: 'hunter2', SCAN_API_CLIENT_KEY: testClient.privateKey },
      'SCAN_API_CLIENT_CERT expected a certificate in PEM, with those of its CAs where the server wants them, got something else',
    ],
    [
      'no key',
      { SCAN_API_CLIENT_CERT: testClient.certificate },
      'SCAN_API_CLIENT_KEY is required with SCAN_API_CLIENT_CERT',
    ],
    [
      'a key alone',
      { SCAN_API_CLIENT_KEY: testClient.privateKey },
      'SCAN_API_CLIENT_CERT is required with SCAN_API_CLIENT_KEY',
    ],
    [
      'the key of another',
      { SCAN_API_CLIENT_CERT: testClient.certificate, SCAN_API_CLIENT_KEY: testStranger.privateKey },
      'SCAN_API_CLIENT_KEY is not the key of SCAN_API_CLIENT_CERT',
    ],
    [
      'no TLS',
      {
        SCAN_API_URL: 'http://carrier.test',
        SCAN_API_CLIENT_CERT: testClient.certificate,
        SCAN_API_CLIENT_KEY: testClient.privateKey,
      },
      'SCAN_API_CLIENT_CERT needs an https URL: there is no TLS over http',
    ],
  ])('is refused at start with %s', (_, env, expected) => {
    expect(complaints(env)).toEqual([expected]);
  });
});
