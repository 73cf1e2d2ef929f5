import { expect, test } from 'vitest';
import { timelineOf } from './timeline.ts';

const at = (second: number) => ({ createdDateTimeUtc: `2021-05-11T21:11:${String(second).padStart(2, '0')}Z` });
const late = (...scans: { createdDateTimeUtc: string }[]) => timelineOf(scans).map(({ isLate }) => isLate);

test('a scan is late whose time is before that of a scan with a lower EventId', () => {
  expect(late(at(4), at(2), at(3), at(1))).toEqual([false, true, false, false]);
  // Measured by what was not late itself: one scan of the past does not excuse the next.
  expect(late(at(3), at(1), at(4))).toEqual([true, true, false]);
  expect(late(at(1), at(1))).toEqual([false, false]);
});

test('a time that cannot be read is never late, and measures nothing', () => {
  expect(late(at(1), { createdDateTimeUtc: 'soon' }, at(2))).toEqual([true, false, false]);
  expect(late()).toEqual([]);
});

test('the order stays as it is', () => {
  const scans = [at(4), at(2), at(3)];
  expect(timelineOf(scans).map(({ scan }) => scan)).toEqual(scans);
});
