import { describe, expect, test } from 'vitest';
import type { MetricAlarm } from './metric-alarm.ts';
import { feedAlarms, notifierAlarms, processorAlarms } from './process-alarms.ts';
import { throttlingAlarm } from './throttling-alarm.ts';

const minute = 60_000;
const hour = 60 * minute;
const usual = { exportIntervalMs: minute, pollIntervalMs: 1_000, quietHours: 48 };

/** Every alarm of a deployment whose processes publish at this interval and that polls at that one. */
function alarmsOf(given: Partial<typeof usual> = {}): ReadonlyMap<string, MetricAlarm> {
  const setting = { ...usual, ...given };
  return new Map<string, MetricAlarm>([
    ...Object.entries(feedAlarms(setting)),
    ...Object.entries(processorAlarms({ ...setting, announces: true })),
    ...Object.entries(notifierAlarms({ ...setting, webhook: 'shop' })),
    ['parcels-throttled', throttlingAlarm('parcels', setting)],
    ['parcels-throttled, provisioned', throttlingAlarm('parcels', { ...setting, scales: true })],
  ]);
}

const periods = (given: Partial<typeof usual>) =>
  Object.fromEntries([...alarmsOf(given)].map(([name, { periodSeconds }]) => [name, periodSeconds]));

/** Alarms about what comes once for each poll. */
const polled = ['feed-lag', 'feed-silent', 'poller-makes-no-progress'];

describe('an alarm', () => {
  test('at usual intervals looks at minutes, or at five', () => {
    expect(periods({})).toEqual({
      'poller-makes-no-progress': 300,
      'feed-lag': 300,
      'retention-hole': 300,
      'unreadable-row': 300,
      'feed-went-back': 300,
      'feed-silent': 3_600,
      'breaker-open': 60,
      'receives-lost': 300,
      'failure-rate': 900,
      'announcements-not-taken': 60,
      'webhook-away': 60,
      'notifier-breaker-open': 60,
      'parcels-throttled': 60,
      'parcels-throttled, provisioned': 60,
    });
  });

  test.each([1_000, 5 * minute, 10 * minute, 29 * minute, hour])(
    'has data in each of its periods, however rarely the poller asks: every %d ms',
    (pollIntervalMs) => {
      const alarms = alarmsOf({ pollIntervalMs });
      for (const name of polled)
        expect((alarms.get(name)?.periodSeconds ?? 0) * 1_000, name).toBeGreaterThanOrEqual(2 * pollIntervalMs);
    },
  );

  test.each([10 * minute, hour])(
    'has data in each of its periods, however rarely metrics are published: %d ms',
    (ms) => {
      for (const [name, { periodSeconds }] of alarmsOf({ exportIntervalMs: ms }))
        expect(periodSeconds * 1_000, name).toBeGreaterThanOrEqual(2 * ms);
    },
  );

  test.each([
    { pollIntervalMs: 1_000 },
    { pollIntervalMs: 29 * minute },
    { pollIntervalMs: hour },
    { exportIntervalMs: 29 * minute },
    { exportIntervalMs: hour },
    { pollIntervalMs: hour, exportIntervalMs: hour },
  ])('is one that CloudWatch takes: %o', (given) => {
    for (const [name, { periodSeconds, periods, datapoints = periods }] of alarmsOf(given)) {
      expect(periodSeconds % 60, name).toBe(0);
      // PutMetricAlarm: "evaluation periods times period" is a day at most, or seven days with a period of an hour or more.
      const most = periodSeconds >= 3_600 ? 7 * 86_400 : 86_400;
      expect(periodSeconds * periods, name).toBeLessThanOrEqual(most);
      expect(datapoints, name).toBeLessThanOrEqual(periods);
    }
  });

  test('about the lag is not raised because polls are rare: what is read then is as old as they are apart', () => {
    const lag = (pollIntervalMs: number) => alarmsOf({ pollIntervalMs }).get('feed-lag');
    expect(lag(1_000)).toMatchObject({ threshold: 15 * 60 });
    expect(lag(5 * minute)).toMatchObject({ threshold: 15 * 60, periodSeconds: 600 });
    expect(lag(hour)).toMatchObject({ threshold: 2 * 3_600, periodSeconds: 7_200 });
    expect(lag(hour)?.impact).toContain('more than 120 minutes old');
  });

  test('about a silent feed is left out where no silence is too long', () => {
    expect(alarmsOf({ quietHours: 0 }).has('feed-silent')).toBe(false);
    expect(alarmsOf({ quietHours: 6 }).get('feed-silent')).toMatchObject({ threshold: 6 * 3_600 });
  });
});
