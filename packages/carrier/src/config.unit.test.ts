import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('the simulated API serves 20,000 elements on port 8080 of all addresses when nothing is said', () => {
  expect(readConfig({})).toEqual({
    HTTP_HOST: '0.0.0.0',
    HTTP_PORT: 8080,
    FEED_EVENTS: 20_000,
    FEED_SEED: 1,
    FEED_END_UTC: '',
    SCAN_API_TOKEN: '',
  });
});

test('the simulated API names everything that is wrong at once, but no token', () => {
  const values = {
    FEED_EVENTS: '0',
    FEED_SEED: '-1',
    FEED_END_UTC: 'now',
    HTTP_PORT: 'x',
    SCAN_API_TOKEN: 'two words',
  };
  const wrong = () => readConfig(values);
  for (const name of Object.keys(values)) expect(wrong).toThrow(name);
  expect(wrong).not.toThrow('two words');
});
