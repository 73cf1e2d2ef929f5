import { readFileSync } from 'node:fs';
import { metricDefinitions } from '@waybill/shared/metrics.ts';
import type { Price } from '@waybill/shared/prices.ts';
import { describe, expect, test } from 'vitest';
import { synthesize } from '../synthesis/synthesize.ts';
import { apiLines, waysToTheApi } from './api-cost.ts';
import { backupLines } from './backup-cost.ts';
import { costPage } from './cost-page.ts';
import { customMetrics } from './custom-metrics.ts';
import { apiContext, defaultContext, deploymentOf, processorsFor, webhookContext } from './deployment.ts';
import { measuredLoads } from './measured-loads.ts';
import { monthlyCost, total } from './monthly-cost.ts';
import { prices } from './prices.ts';
import { onDemandLines, provisionedLines, utilizationOf } from './provisioned-cost.ts';
import { deliveriesPerSecond, notificationBytes, webhookLines } from './webhook-cost.ts';

const { stacks } = synthesize(defaultContext);
const deployment = deploymentOf(stacks.flatMap(({ resources }) => Object.values(resources)));
const withApi = deploymentOf(
  synthesize(apiContext).stacks.flatMap(({ resources }) => Object.values(resources)),
  apiContext,
);

const withWebhook = deploymentOf(
  synthesize(webhookContext).stacks.flatMap(({ resources }) => Object.values(resources)),
  webhookContext,
);

test('docs/cost.md is what prices, quantities and templates give', async () => {
  await expect(costPage(deployment, { withApi, withWebhook }, measuredLoads)).toMatchFileSnapshot(
    '../../../docs/cost.md',
  );
});

describe('the bill', () => {
  const [smallest] = measuredLoads;
  const bill = monthlyCost(deployment, smallest);
  const usd = (what: string) => bill.filter((line) => line.what === what).map((line) => Number(line.usd.toFixed(4)));

  test('is for the smallest load what a person computes', () => {
    // Two tasks of a quarter of a vCPU and half a gigabyte, 730 hours.
    expect(usd('vCPU on demand')).toEqual([Number((2 * 0.25 * 0.03238 * 730).toFixed(4))]);
    expect(usd('memory on demand')).toEqual([Number((2 * 0.5 * 0.00356 * 730).toFixed(4))]);
    expect(usd('vCPU on Spot')).toEqual([0]);
    expect(usd('public IPv4, one per task')).toEqual([7.3]);
    expect(usd('dashboard')).toEqual([3]);
  });

  test('rises with the load, and is the sum of its parts', () => {
    const totals = measuredLoads.map((load) => total(monthlyCost(deployment, load)));
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    expect(total(bill)).toBeCloseTo(bill.reduce((sum, line) => sum + line.usd, 0));
  });

  test('has the share of Spot for all processors but the first', () => {
    const load = measuredLoads.at(-1);
    if (!load) throw new Error('no load was measured');
    const spotHours = (spotShare: number) =>
      monthlyCost({ ...deployment, context: { ...deployment.context, spotShare } }, load).find(
        ({ what }) => what === 'vCPU on Spot',
      )?.quantity;
    expect(spotHours(100)).toBe((load.processors - 1) * 0.25 * 730);
    expect(spotHours(0)).toBe(0);
  });
});

describe('the API', () => {
  test('costs for one request per second what a person computes', () => {
    const lines = apiLines(withApi, deployment, 1);
    const usd = (part: string, what: string) =>
      lines.filter((line) => line.part === part && line.what === what).map((line) => Number(line.usd.toFixed(4)));
    expect(usd('Fargate', 'vCPU of 2 tasks')).toEqual([Number((2 * 0.25 * 0.03238 * 730).toFixed(4))]);
    expect(usd('API Gateway', 'requests')).toEqual([Number((730 * 3_600 * 1e-6).toFixed(4))]);
    // 2 + 2 + 1 + 1 of its own, two of scaling, two tables that only it writes, and two about its log.
    expect(usd('CloudWatch', 'metrics in alarms')).toEqual([1.2]);
    expect(usd('CloudWatch', 'metrics')).toEqual([0.9]);
    expect(deployment.apiTasks).toBe(0);
    expect(withApi.pollers).toBe(deployment.pollers);
  });

  test('is reached in the way that the record compares with others, by these figures', () => {
    const record = readFileSync(
      new URL('../../../docs/decisions/0140-http-api-with-a-vpc-link.md', import.meta.url),
      'utf8',
    );
    expect(record).toContain(waysToTheApi(withApi).join('\n'));
  });
});

describe('a webhook', () => {
  const [smallest] = measuredLoads;
  const lines = webhookLines(withWebhook, deployment, smallest);
  const usd = (part: string, what: string) =>
    lines.filter((line) => line.part === part && line.what === what).map((line) => Number(line.usd.toFixed(4)));

  test('costs for one event per second what a person computes', () => {
    expect(usd('Fargate', 'vCPU of notifiers, all on demand')).toEqual([Number((0.25 * 0.03238 * 730).toFixed(4))]);
    const deliveries = deliveriesPerSecond(1) * 730 * 3_600;
    expect(deliveries / (730 * 3_600)).toBeCloseTo(0.209, 3);
    expect(usd('DynamoDB', 'writes')).toEqual([Number((deliveries * 0.625e-6).toFixed(4))]);
    expect(usd('DynamoDB', 'reads')).toEqual([Number((4 * deliveries * 0.125e-6).toFixed(4))]);
    // A write unit is 1 KB.
    expect(notificationBytes()).toBeLessThan(1_024);
    expect(withWebhook.pollers).toBe(deployment.pollers);
  });

  test('adds nothing to the metrics of a deployment without one', () => {
    expect(customMetrics().filter((metric) => /announcements|notifier|notifications/.test(metric))).toEqual([]);
  });
});

describe('provisioned capacity', () => {
  const [smallest, , largest] = measuredLoads;
  if (!largest) throw new Error('no load was measured');
  const noIndex = { openIndex: false };

  test('costs at 1,000 events per second what a person computes, two fifths of on demand', () => {
    const bill = total(provisionedLines(largest, 0.7, noIndex));
    // 880 units of parcels at 70 percent, ten of reads, checkpoints on demand, eight alarms.
    const writes = (880 / 0.7) * 730 * 0.00065;
    const others = 10 * 730 * 0.00013 + (2.679 * 730 * 3_600 * 0.625 + 2.223 * 730 * 3_600 * 0.125) / 1e6 + 0.8;
    expect(bill).toBeCloseTo(writes + others, 2);
    expect(bill / total(onDemandLines(largest, noIndex))).toBeCloseTo(0.42, 2);
  });

  test('does not pay for one event per second', () => {
    expect(total(provisionedLines(smallest, 0.7, noIndex))).toBeGreaterThan(total(onDemandLines(smallest, noIndex)));
  });

  test('uses less of its units the less even the load is, and still costs less than on demand', () => {
    const used = (['even', 'gusts', 'day'] as const).map(utilizationOf);
    expect(used).toEqual(used.toSorted((a, b) => b - a));
    expect(used.at(-1)).toBeGreaterThan(0.5);
    for (const each of used)
      expect(total(provisionedLines(largest, each, noIndex))).toBeLessThan(
        0.6 * total(onDemandLines(largest, noIndex)),
      );
  });
});

test('backups cost for one event per second what a person computes: one copy here, five there', () => {
  const [load] = measuredLoads;
  const bill = total(backupLines(load, 7, 35));
  expect(bill).toBeCloseTo(6 * 4.65 * 0.1 + 2 + 0.3, 1);
  expect(total(backupLines(load, 1, 35))).toBeCloseTo(42 * 4.65 * 0.1 + 2.3, 1);
});

describe('the inputs of the bill', () => {
  test('are loads measured with as many processors as scaling plans', () => {
    for (const { eventsPerSecond, processors } of measuredLoads)
      expect(processors).toBe(processorsFor(eventsPerSecond, deployment.context));
  });

  test('have every poller of the templates', () => {
    const standby = synthesize({ ...defaultContext, standby: true });
    expect(deployment.pollers).toBe(1);
    expect(deploymentOf(standby.stacks.flatMap(({ resources }) => Object.values(resources))).pollers).toBe(2);
  });

  test('have every alarm and dashboard of the templates', () => {
    const alarms = stacks.flatMap(({ template }) => Object.keys(template.findResources('AWS::CloudWatch::Alarm')));
    expect(alarms.length).toBeGreaterThan(5);
    expect(deployment.alarms).toBe(alarms.length + 2);
    expect(deployment.alarmMetrics).toBeGreaterThan(deployment.alarms);
    expect(deployment.dashboards).toBe(1);
  });

  test('have every metric for CloudWatch', () => {
    const ofProcesses = customMetrics({ api: true, webhooks: 1 }).filter(
      (metric) => metric !== 'waybill.api.unavailable',
    );
    const counted = new Set(ofProcesses.map((metric) => metric.split(' ')[0]));
    const published = Object.entries(metricDefinitions).flatMap(([name, definition]) =>
      'cloudWatch' in definition && name !== 'waybill.store.throttles' ? [name] : [],
    );
    // The one that is left out has data in hours with throttling only.
    expect([...counted].toSorted()).toEqual(published.toSorted());
  });

  test('are prices that say where and on which day they were read', () => {
    for (const price of Object.values<Price>(prices)) {
      expect(price.usd).toBeGreaterThan(0);
      expect(price.page).toMatch(/^https:\/\/aws\.amazon\.com\//);
      expect(price.read).toMatch(/./);
      expect(price.asOf).toMatch(/^\d{4}|^not dated$/);
    }
  });
});
