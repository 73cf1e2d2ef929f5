import { expect, test } from 'vitest';
import { requireNode24 } from './node-24.ts';

test('another Node than 24 is refused, with what to do about it', () => {
  expect(() => requireNode24('v24.21.0')).not.toThrow();
  for (const version of ['v20.19.0', 'v22.18.0', 'v25.0.0', 'v240.0.0']) {
    expect(() => requireNode24(version)).toThrow(
      expect.objectContaining({ code: 'NODE_UNSUPPORTED', message: expect.stringMatching(`${version}.*npm ci`) }),
    );
  }
});
