import { get } from 'node:http';
import { expect, test, vi } from 'vitest';
import { serveUntilTestEnds } from '../../test/local-service.ts';
import { endRequestsOf } from './requests-of.ts';

const outcomeOf = (url: string) =>
  new Promise<string>((resolve) => {
    get(url, () => resolve('answered')).on('error', (error) => resolve(error.message));
  });

test('ends the requests that the work has begun and those that it begins later, and no others', async () => {
  let requests = 0;
  const open = new Set<unknown>();
  const url = await serveUntilTestEnds((request) => {
    requests += 1;
    open.add(request);
    request.on('close', () => open.delete(request));
  });
  const isOver = new AbortController();
  const outcomes: string[] = [];
  const work = endRequestsOf(async () => {
    outcomes.push(await outcomeOf(url));
    outcomes.push(await outcomeOf(url));
  }, isOver.signal);
  const other = outcomeOf(url);
  await vi.waitFor(() => expect(requests).toBe(2));
  isOver.abort();
  await work;
  expect(outcomes).toEqual([expect.any(String), expect.any(String)]);
  expect(outcomes).not.toContain('answered');
  await vi.waitFor(() => expect(open.size).toBe(1));
  expect(await Promise.race([other, Promise.resolve('still waits')])).toBe('still waits');
});
