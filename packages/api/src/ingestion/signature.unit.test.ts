import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { verifySignature } from './signature.ts';

const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const secrets = [
  { name: 'carrier', secret: secretOf(1) },
  { name: 'carrier', secret: secretOf(2) },
  { name: 'partner', secret: secretOf(3) },
];
const nowMs = Date.UTC(2026, 10, 28, 12);

function signedBy(secret: string, body: string, { id = 'msg_1', atMs = nowMs } = {}) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, new Date(atMs), body),
  };
}

describe('a signature', () => {
  test('made by the library standardwebhooks over any text is verified, and says whose it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...secrets), (text, { name, secret }) => {
        const signed = verifySignature(signedBy(secret, text), Buffer.from(text), secrets, nowMs);
        expect(signed).toMatchObject({ webhookId: 'msg_1', caller: { name, scopes: new Set(['ingest']) } });
      }),
      { numRuns: 20 },
    );
  });

  test('covers the bytes as received: compressed ones that are one text in UTF-8 are two bodies', () => {
    const body = Buffer.from([0x1f, 0x8b, 0xff, 0xfe]);
    const other = Buffer.from([0x1f, 0x8b, 0xfe, 0xff]);
    const timestamp = String(nowMs / 1_000);
    const hmac = createHmac('sha256', Buffer.alloc(32, 1)).update(`msg_1.${timestamp}.`).update(body).digest('base64');
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${hmac}` };
    expect(verifySignature(headers, body, secrets, nowMs)).toBeDefined();
    expect(verifySignature(headers, other, secrets, nowMs)).toBeUndefined();
  });

  test('may be one of several, of other versions too', () => {
    const headers = signedBy(secretOf(2), '{}');
    const several = `v1a,x ${new Webhook(secretOf(9)).sign('msg_1', new Date(nowMs), '{}')} ${headers['webhook-signature']}`;
    expect(
      verifySignature({ ...headers, 'webhook-signature': several }, Buffer.from('{}'), secrets, nowMs),
    ).toBeDefined();
  });

  test('is good for five minutes before and after its time', () => {
    const at = (atMs: number) =>
      verifySignature(signedBy(secretOf(1), '{}', { atMs }), Buffer.from('{}'), secrets, nowMs);
    for (const seconds of [-300, 300]) expect(at(nowMs + seconds * 1_000)).toBeDefined();
    for (const seconds of [-301, 301]) expect(at(nowMs + seconds * 1_000)).toBeUndefined();
  });

  test.each([
    ['of another secret', signedBy(secretOf(9), '{}')],
    ['of another body', signedBy(secretOf(1), '{ }')],
    ['for another id', { ...signedBy(secretOf(1), '{}'), 'webhook-id': 'msg_2' }],
    ['for another time', { ...signedBy(secretOf(1), '{}'), 'webhook-timestamp': String(nowMs / 1_000 + 1) }],
    ['without a time', { ...signedBy(secretOf(1), '{}'), 'webhook-timestamp': 'soon' }],
    ['that is none', { ...signedBy(secretOf(1), '{}'), 'webhook-signature': 'v1,' }],
    ['without an id', { ...signedBy(secretOf(1), '{}'), 'webhook-id': undefined }],
    ['of an id with a space', signedBy(secretOf(1), '{}', { id: 'a b' })],
  ])('%s is not verified', (_what, headers) => {
    expect(verifySignature(headers, Buffer.from('{}'), secrets, nowMs)).toBeUndefined();
  });
});
