import type { LookupAddress } from 'node:dns';
import { hasCode } from '@waybill/shared/error.ts';
import { describe, expect, test } from 'vitest';
import { httpServer, webhookAt } from '../../test/webhook-to.ts';
import type { LookupAll } from './checked-lookup.ts';
import { cidr } from './cidr.ts';

const request = { id: 'delivery_0a1b2c3d_5002', body: '{}' };
const endless = new AbortController().signal;
const everything = [cidr('0.0.0.0/0'), cidr('::/0')];

/** A name server whose names have these addresses, the first time, the second, and from then on the last. */
function names(...answers: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const lookup: LookupAll = (hostname, _options, callback) => {
    const found = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    const addresses: LookupAddress[] = found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    setImmediate(() => callback(null, addresses));
  };
  return { asked, lookup };
}

async function receiver() {
  let requests = 0;
  const server = await httpServer((message, response) => {
    requests += 1;
    message.resume();
    // So that the next attempt dials.
    response.writeHead(204, { connection: 'close' }).end();
  });
  return { ...server, requests: () => requests };
}

const refused = async (attempt: Promise<unknown>) => {
  const error: unknown = await attempt.catch((each) => each);
  if (!hasCode(error, 'ENDPOINT_UNAVAILABLE')) throw new Error(`not refused: ${error}`);
  expect(error.details).toEqual({ code: 'ADDRESS_REFUSED' });
  return error.message;
};

describe('the name of a host', () => {
  test('is refused for one of its addresses, wherever that stands, and nothing is dialled', async () => {
    const { port, sockets } = await receiver();
    for (const addresses of [
      ['127.0.0.1', '10.0.0.1'],
      ['10.0.0.1', '127.0.0.1'],
      ['127.0.0.1', '::1'],
      ['127.0.0.1', '::ffff:127.0.0.1'],
    ]) {
      const { lookup } = names(addresses);
      const message = await refused(webhookAt(`http://hooks.example:${port}/`, {}, lookup).notify(request, endless));
      expect(message).toContain('No connection: hooks.example has the address');
    }
    expect(sockets).toHaveLength(0);
  });

  test('is dialled at the very addresses that were checked, and checked anew at the next dial', async () => {
    const { port, requests } = await receiver();
    const { lookup, asked } = names(['127.0.0.1'], ['169.254.169.254']);
    const webhook = webhookAt(`http://rebinding.example:${port}/`, { allowedCidrs: everything }, lookup);
    expect(await webhook.notify(request, endless)).toBe(204);
    expect(asked).toEqual(['rebinding.example']);
    expect(await refused(webhook.notify(request, endless))).toContain('is never called');
    expect([asked.length, requests()]).toEqual([2, 1]);
  });

  test.each(['localhost', 'localhost.', 'a.localhost', '127-0-0-1.example.', 'hooks.example.'])(
    '%s is nothing special: its addresses are checked',
    async (name) => {
      const { lookup, asked } = names(['127.0.0.1']);
      const webhook = webhookAt(`https://${name}:1/`, { allowedCidrs: [] }, lookup);
      expect(await refused(webhook.notify(request, endless))).toContain('127.0.0.1, which is not a public address');
      expect(asked).toEqual([name]);
    },
  );

  test('over http has addresses that are allowed, and no others, be they public', async () => {
    const { lookup } = names(['1.1.1.1']);
    const webhook = webhookAt('http://hooks.example:1/', {}, lookup);
    expect(await refused(webhook.notify(request, endless))).toContain('which http needs');
  });

  test('without an address, or that is not found, is named', async () => {
    const notFound: LookupAll = (_hostname, _options, callback) =>
      callback(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }), []);
    for (const lookup of [names([]).lookup, notFound])
      await expect(webhookAt('https://hooks.example/', {}, lookup).notify(request, endless)).rejects.toMatchObject({
        code: 'ENDPOINT_UNAVAILABLE',
        message: expect.stringContaining('hooks.example of the webhook was not found'),
      });
  });
});

describe('an address in the URL', () => {
  test.each(['2130706433', '0x7f.1', '017700000001', '127.0.0.1.', '[::1]', '[::ffff:127.0.0.1]', '0'])(
    '%s is refused without a look-up',
    async (host) => {
      const { lookup, asked } = names(['1.1.1.1']);
      await refused(webhookAt(`https://${host}:1/`, { allowedCidrs: [] }, lookup).notify(request, endless));
      expect(asked).toEqual([]);
    },
  );

  test('is dialled where it is allowed', async () => {
    const { port, requests } = await receiver();
    expect(await webhookAt(`http://0x7f.1:${port}/`).notify(request, endless)).toBe(204);
    expect(requests()).toBe(1);
  });
});
