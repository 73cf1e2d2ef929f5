import { expect, test } from 'vitest';
import { farServer } from '../../test/far-server.ts';
import { noProxies } from '../http/proxies.ts';
import { httpRequester } from './http-request.ts';

// Linux drops a SYN for which the backlog has no room; other systems refuse it.
test.skipIf(process.platform !== 'linux')(
  'a host that takes a second to connect to is reached, though its other address is dead',
  async () => {
    const url = new URL(await farServer());
    const request = httpRequester({ timeoutMs: 10_000, proxies: noProxies });
    const response = await request(url, { headers: {} }, AbortSignal.timeout(10_000));
    expect(response.statusCode).toBe(200);
  },
);
