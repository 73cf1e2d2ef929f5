import { latencyBuckets } from '@waybill/shared/metric-definition.ts';
import { describe, expect, it } from 'vitest';
import { readingOf, shownSeries, unknownIn } from '../../test/promql.ts';
import { alarmSections } from '../../test/runbook.ts';
import { equivalents, withoutEquivalent } from './equivalents.ts';
import { referenceRules } from './reference.ts';
import { alertName } from './rules.ts';
import { rulesFile } from './rules-file.ts';

const { sections, rules } = referenceRules();

describe('an expression of the rules', () => {
  it('is PromQL, and reads series and labels that a process shows', async () => {
    const shown = await shownSeries();
    for (const { section, expr } of rules) {
      const reading = readingOf(expr);
      expect([section, reading.errors, unknownIn(reading, shown)]).toEqual([section, [], []]);
      expect(reading.selectors.length).toBeGreaterThan(0);
    }
  });

  it.each([
    ['sum by (environment (x)', 'errors'],
    ['waybill_feed_lags > 3', 'waybill_feed_lags'],
    ['max by (parcel) (waybill_feed_lag)', 'parcel'],
    ['waybill_api_requests_total{code="5"}', 'waybill_api_requests_total{code}'],
  ])('would be found if it were wrong: %s', async (expression, found) => {
    const reading = readingOf(expression);
    if (found === 'errors') expect(reading.errors).not.toEqual([]);
    else expect(unknownIn(reading, await shownSeries())).toEqual([found]);
  });

  it('counts by the whole buckets of a histogram where it compares with a threshold', () => {
    for (const { section, expr } of rules) {
      const [, bound] = /message_age_bucket.* > (\d+)$/.exec(expr) ?? [];
      if (bound !== undefined) expect([section, latencyBuckets.includes(Number(bound))]).toEqual([section, true]);
    }
  });
});

describe('the rules for Prometheus', () => {
  it('are what the alarms give, in monitoring/prometheus/waybill-rules.yaml', async () => {
    await expect(rulesFile(rules, 'infra/RUNBOOK.md')).toMatchFileSnapshot(
      '../../../monitoring/prometheus/waybill-rules.yaml',
    );
  });

  it('are one for each alarm, and for no other; an alarm without one is named, with the reason', () => {
    const ruled = rules.map(({ section }) => section);
    expect(new Set(ruled).size).toBe(ruled.length);
    expect([...ruled, ...Object.keys(withoutEquivalent)].toSorted()).toEqual([...new Set(sections)].toSorted());
    // And each has its section in the runbook.
    const headings = alarmSections().map(({ heading }) => heading);
    expect(ruled.filter((section) => !headings.includes(section))).toEqual([]);
  });

  it('take from CloudWatch only what there is', () => {
    expect(Object.keys(equivalents).filter((section) => !sections.includes(section))).toEqual([]);
  });

  it('name the webhook that they are about by its label', () => {
    const about = rules.filter(({ impact }) => impact.includes('webhook '));
    expect(about.length).toBeGreaterThan(5);
    for (const { expr, impact } of about) {
      expect(impact).toContain('{{ $labels.webhook }}');
      expect(expr).toMatch(/by \(environment, webhook\b/);
      expect(impact).not.toContain('anywebhook');
    }
  });

  it('have names as Prometheus writes them', () => {
    for (const rule of rules) expect(alertName(rule)).toMatch(/^Waybill([A-Z][a-z]+)+$/);
  });
});
