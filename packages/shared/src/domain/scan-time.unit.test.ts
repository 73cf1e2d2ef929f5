import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparableTime, scanTimeMs } from './scan-time.ts';

const second = fc
  .date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 19));
const fraction = fc.option(fc.stringMatching(/^\d{1,12}$/), { nil: undefined });
const zone = fc.constantFrom('Z', '');

const instant = fc.record({ second, fraction, zone }).map((parts) => ({
  text: `${parts.second}${parts.fraction === undefined ? '' : `.${parts.fraction}`}${parts.zone}`,
  // Exact: milliseconds to the second, and twelve digits beyond it.
  ticks: BigInt(Date.parse(`${parts.second}Z`)) * 10n ** 9n + BigInt((parts.fraction ?? '').padEnd(12, '0')),
}));

describe('the time of a scan', () => {
  test('compares as time does, whatever its digits', () => {
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const [one, other] = [comparableTime(a.text) ?? '', comparableTime(b.text) ?? ''];
        expect(one < other).toBe(a.ticks < b.ticks);
        expect(one === other).toBe(a.ticks === b.ticks);
      }),
    );
  });

  test('is in milliseconds rounded down', () => {
    expect(scanTimeMs('2021-05-11T21:11:34.1506147Z')).toBe(Date.parse('2021-05-11T21:11:34.150Z'));
    expect(scanTimeMs('2021-05-11T21:11:34')).toBe(Date.parse('2021-05-11T21:11:34Z'));
    expect(scanTimeMs('2021-05-11T21:11:34.Z')).toBe(Date.parse('2021-05-11T21:11:34Z'));
  });

  test.each([
    '',
    'yesterday',
    '2021-05-11',
    '2021-02-30T00:00:00Z',
    '2021-05-11T25:00:00Z',
    '2021-05-11T21:11:34+02:00',
  ])('is not %j', (text) => {
    expect(comparableTime(text)).toBeUndefined();
    expect(scanTimeMs(text)).toBeUndefined();
  });
});
