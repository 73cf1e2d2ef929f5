import { expect, test } from 'vitest';
import { attemptTimeoutMs } from './connect-attempts.ts';

test.for([
  [120_000, 1_500],
  [10_000, 1_500],
  [4_000, 1_000],
  [1_000, 250],
  [100, 250],
] as const)('of %i ms for a connection, one address has %i ms', ([connectionMs, attemptMs]) => {
  expect(attemptTimeoutMs(connectionMs)).toBe(attemptMs);
});
