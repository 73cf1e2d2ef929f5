import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('the simulated API serves 20,000 elements on port 8080 of all addresses when nothing is said', () => {
  expect(readConfig({})).toEqual({
    HTTP_HOST: '0.0.0.0',
    HTTP_PORT: 8080,
    FEED_EVENTS: 20_000,
    FEED_SEED: 1,
    SCAN_API_TOKEN: '',
  });
});

test('the simulated API names everything that is wrong at once, but no token', () => {
  const wrong = () => readConfig({ FEED_EVENTS: '0', FEED_SEED: '-1', HTTP_PORT: 'x', SCAN_API_TOKEN: 'two words' });
  for (const name of ['FEED_EVENTS', 'FEED_SEED', 'HTTP_PORT', 'SCAN_API_TOKEN']) expect(wrong).toThrow(name);
  expect(wrong).not.toThrow('two words');
});
