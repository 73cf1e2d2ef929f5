import { expect, test } from 'vitest';
import { farServer } from '../../test/far-server.ts';
import { httpGetter } from './http-get.ts';

// Linux drops a SYN for which the backlog has no room; other systems refuse it.
test.skipIf(process.platform !== 'linux')(
  'a host that takes a second to connect to is reached, though its other address is dead',
  async () => {
    const url = new URL(await farServer());
    const get = httpGetter(10_000);
    const { response } = await get(url, {}, AbortSignal.timeout(10_000));
    expect(response.statusCode).toBe(200);
  },
);
