import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { usePlace } from '../engines/place-under-test.ts';
import { asWrittenToday } from './added-since.ts';
import { comparable } from './bookkeeping.ts';
import { recordRelease } from './record.ts';
import { recordedReleases } from './release.ts';

const place = usePlace();
const releases = await recordedReleases();

test('the release that package.json names is recorded, and is the last', () => {
  expect(releases.at(-1)?.version).toBe(manifest.version);
});

test('this release writes what the last one wrote, and what was added since, so that a process of the last one reads it meanwhile', async () => {
  const last = releases.at(-1)?.release;
  if (!last) throw new Error('no release is recorded');
  const written = comparable(await recordRelease(place()));
  expect(written, 'a format has changed: docs/upgrades.md says in which releases that may happen').toEqual(
    comparable(asWrittenToday(last)),
  );
});
