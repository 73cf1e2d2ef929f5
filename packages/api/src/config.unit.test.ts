import { describe, expect, test } from 'vitest';
import { leaksIn } from '../../shared/test/planted-secrets.ts';
import { readConfig } from './config.ts';

const sha256 = 'ab'.repeat(32);
const required = {
  AWS_REGION: 'eu-west-1',
  API_TOKENS: '[]',
  SCAN_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/000000000000/waybill-scans',
  PARCELS_TABLE: 'waybill-parcels',
  CHECKPOINTS_TABLE: 'waybill-checkpoints',
  FAILURES_TABLE: 'waybill-failures',
  BATCHES_TABLE: 'waybill-batches',
  OPERATIONS_TABLE: 'waybill-operations',
};

describe('the configuration', () => {
  test('has defaults for all that is not required', () => {
    expect(readConfig(required)).toMatchObject({
      settings: {
        tokens: [],
        ingestSecrets: [],
        requestsPerSecond: 50,
        bodyMaxBytes: 4_194_304,
        maxQueueMessages: 50_000,
        messageMaxBytes: 61_440,
      },
      deployment: { feed: 'scan-events', batchesTable: 'waybill-batches', notificationsTable: undefined },
      mapping: new Map(),
      address: { host: '0.0.0.0', port: 8_081 },
      process: { http: { port: 8_080 } },
    });
  });

  test('names every variable that is required', () => {
    expect(() => readConfig({})).toThrow(
      new RegExp(
        Object.keys(required)
          .map((name) => `(?=[\\s\\S]*${name} is required)`)
          .join(''),
      ),
    );
  });

  test.for([
    ['API_PORT', '8080', 'must differ from HTTP_PORT'],
    ['API_PORT', '65536', 'expected a whole number 0–65,535'],
    ['API_HOST', 'a b', 'expected a host name'],
    ['API_BODY_MAX_BYTES', '1023', 'expected a whole number 1,024–10,485,760'],
    ['API_REQUESTS_PER_SECOND', '10001', 'expected a whole number 0–10,000'],
    ['NOTIFICATIONS_TABLE', 'a b', 'expected a table name'],
    ['STOP_TIMEOUT_SECONDS', '14', 'must be at least 15'],
    ['API_TOKENS', '{}', 'API_TOKENS expected a JSON array of'],
    ['API_TOKENS', '[1]', 'API_TOKENS entry 1 expected an object'],
    ['API_TOKENS', '[{}]', 'API_TOKENS entry 1: sha256 expected the SHA-256'],
    ['API_TOKENS', tokens({ name: 'a b' }), 'entry 1: name expected 1–64 of A-Za-z0-9._-'],
    ['API_TOKENS', tokens({ scopes: [] }), 'entry 1: scopes expected an array of read, ingest, operate'],
    ['API_TOKENS', tokens({ scopes: ['read', 'read'] }), 'entry 1: scopes expected an array of'],
    ['API_TOKENS', tokens({ scopes: ['admin'] }), 'entry 1: scopes expected an array of'],
    ['API_TOKENS', tokens({ sha256: 'ab' }), 'entry 1: sha256 expected the SHA-256'],
    ['API_TOKENS', tokens({ token: 'waybill_x' }), 'entry 1 has a field that is not known'],
    ['API_TOKENS', tokens({}, { name: 'b' }), 'entry 2 has the token of entry 1'],
    ['INGEST_SECRETS', '[{"name":"a","secret":"whsec_AAAA"}]', 'entry 1: secret expected whsec_'],
    ['INGEST_SECRETS', '[{"name":"a","secret":"plain"}]', 'entry 1: secret expected whsec_'],
  ] as const)('refuses %s=%s', ([name, value, told]) => {
    expect(() => readConfig({ ...required, [name]: value })).toThrow(told);
  });

  test('takes a token twice under one name, to rotate it', () => {
    const other = 'CD'.repeat(32);
    const { settings } = readConfig({ ...required, API_TOKENS: tokens({}, { sha256: other }) });
    expect(settings.tokens).toEqual([
      { name: 'a', scopes: ['read'], sha256 },
      { name: 'a', scopes: ['read'], sha256: 'cd'.repeat(32) },
    ]);
  });

  test('takes secrets of Standard Webhooks', () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const { settings } = readConfig({ ...required, INGEST_SECRETS: JSON.stringify([{ name: 'carrier', secret }]) });
    expect(settings.ingestSecrets).toEqual([{ name: 'carrier', secret }]);
  });

  test('prints no secret, whatever is wrong with it', () => {
    const secrets = ['planted-hash', 'planted-name', 'planted-key', 'planted-scope', 'planted-signature'];
    const [hash, name, key, scope, signature] = secrets;
    for (const [variable, value] of [
      ['API_TOKENS', `[{"name":" ${name}","scopes":["${scope}"],"sha256":"${hash}","${key}":"${hash}"}]`],
      ['API_TOKENS', `"${hash}"`],
      ['API_TOKENS', `{"${key}":`],
      ['API_TOKENS', `["${hash}"]`],
      ['INGEST_SECRETS', `[{"name":"a","secret":"whsec_${signature}!"}]`],
      ['INGEST_SECRETS', `whsec_${signature}`],
    ] as const) {
      const thrown = (() => {
        try {
          return readConfig({ ...required, [variable]: value });
        } catch (error) {
          return error;
        }
      })();
      expect(thrown, value).toBeInstanceOf(Error);
      expect(leaksIn(thrown, secrets), value).toEqual([]);
    }
  });
});

function tokens(...changes: readonly object[]): string {
  return JSON.stringify(changes.map((change) => ({ name: 'a', scopes: ['read'], sha256, ...change })));
}
