import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { usePlace } from '../engines/place-under-test.ts';
import { asWrittenToday } from './added-since.ts';
import { comparable, comparablePush, comparableTold } from './bookkeeping.ts';
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
  const today = await recordRelease(place());
  const why = 'a format has changed: docs/upgrades.md says in which releases that may happen';
  expect(comparable(today), why).toEqual(comparable(asWrittenToday(last)));
  // 0.1.0 knew neither.
  if (last.told && today.told) expect(comparableTold(today.told), why).toEqual(comparableTold(last.told));
  if (last.pushed && today.pushed) expect(comparablePush(today.pushed), why).toEqual(comparablePush(last.pushed));
});
