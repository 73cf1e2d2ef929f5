import { afterEach, expect } from 'vitest';
import { takeLeaks } from '../../packages/shared/test/planted.ts';

/** After each test: none of the lines that its logs wrote holds what tests plant as secrets and as people's ids. */
afterEach(() => {
  expect(takeLeaks()).toEqual([]);
});
