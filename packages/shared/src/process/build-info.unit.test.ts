import { expect, test } from 'vitest';
import manifest from '../../../../package.json' with { type: 'json' };
import { buildInfo } from './build-info.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';

test('from the sources, the version is that of package.json and the commit is unknown', () => {
  expect(buildInfo({})).toEqual({ version: manifest.version, commit: 'unknown' });
});

test('an image says its commit', () => {
  expect(buildInfo({ WAYBILL_COMMIT: commit })).toEqual({ version: manifest.version, commit });
});

test('what is not a commit is unknown: an image that was built without one', () => {
  expect(['unknown', '', 'main', commit.slice(1)].map((each) => buildInfo({ WAYBILL_COMMIT: each }).commit)).toEqual(
    Array(4).fill('unknown'),
  );
});
