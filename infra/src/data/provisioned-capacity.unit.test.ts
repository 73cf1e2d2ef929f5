import { describe, expect, it } from 'vitest';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';
import { parcelsCapacity } from './provisioned-capacity.ts';

const context = { environment: 'test', stacks: 'data' };
const provisioned = { ...context, capacity: 'provisioned', eventsPerSecond: 1000 };
const onDemand = stackOf(synthesize({ ...context, openIndex: true }), 'data');
const synthesized = synthesize({ ...provisioned, openIndex: true });
const { resources } = stackOf(synthesized, 'data');

const load = {
  capacity: 'provisioned',
  eventsPerSecond: 1000,
  minWriteUnits: undefined,
  maxWriteUnits: undefined,
  webhooks: [],
} as const;

function tablesIn(all: typeof resources) {
  return Object.values(all).filter(({ Type }) => Type === 'AWS::DynamoDB::Table');
}

describe('the parcels table with capacity=provisioned', () => {
  const isParcels = ({ Properties }: (typeof resources)[string]) => Properties['TableName'] === 'test-waybill-parcels';
  const parcels = tablesIn(resources).find(isParcels);
  const others = tablesIn(resources).filter((table) => !isParcels(table));

  it('has units for the stated load, as has its index; the other tables stay on demand', () => {
    expect(synthesized.findings).toEqual([]);
    expect(parcels?.Properties).toMatchObject({
      BillingMode: 'PROVISIONED',
      // 1,000 units per second are 70 percent of these.
      ProvisionedThroughput: { ReadCapacityUnits: 15, WriteCapacityUnits: 1429 },
      GlobalSecondaryIndexes: [
        { IndexName: 'open-parcels', ProvisionedThroughput: { ReadCapacityUnits: 10, WriteCapacityUnits: 643 } },
      ],
    });
    expect(others.map(({ Properties }) => Properties['BillingMode'])).toEqual(others.map(() => 'PAY_PER_REQUEST'));
  });

  it('differs from one on demand in these properties only, none of which replaces it', () => {
    const of = (all: typeof resources) => tablesIn(all).find(isParcels)?.Properties ?? {};
    const [before, after] = [of(onDemand.resources), of(resources)];
    const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
      (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
    );
    expect(changed.toSorted()).toEqual(['BillingMode', 'GlobalSecondaryIndexes', 'ProvisionedThroughput']);
  });

  it('scales reads and writes, of the index too, at 70 percent of use', () => {
    const targets = Object.values(resources)
      .filter(({ Type }) => Type === 'AWS::ApplicationAutoScaling::ScalableTarget')
      .map(({ Properties }) => [
        JSON.stringify(Properties['ResourceId']).includes('/index/open-parcels') ? 'index' : 'table',
        Properties['ScalableDimension'],
        Properties['MinCapacity'],
        Properties['MaxCapacity'],
      ]);
    expect(targets).toEqual([
      ['table', 'dynamodb:table:ReadCapacityUnits', 10, 143],
      ['table', 'dynamodb:table:WriteCapacityUnits', 358, 14286],
      ['index', 'dynamodb:index:ReadCapacityUnits', 10, 100],
      ['index', 'dynamodb:index:WriteCapacityUnits', 161, 6429],
    ]);
    const policies = Object.values(resources).filter(
      ({ Type }) => Type === 'AWS::ApplicationAutoScaling::ScalingPolicy',
    );
    expect(policies.map(({ Properties }) => Properties['TargetTrackingScalingPolicyConfiguration'])).toEqual(
      ['Read', 'Write', 'Read', 'Write'].map((kind) => ({
        PredefinedMetricSpecification: { PredefinedMetricType: `DynamoDB${kind}CapacityUtilization` },
        TargetValue: 70,
      })),
    );
  });

  it('is not reset by a later deployment: limits, an index, a stream change no initial unit of the table', () => {
    const changed = stackOf(
      synthesize({
        ...provisioned,
        parcelStream: true,
        minWriteUnits: 100,
        maxWriteUnits: 3000,
        quietHours: 24,
      }),
      'data',
    );
    const initial = (all: typeof resources) => tablesIn(all).find(isParcels)?.Properties['ProvisionedThroughput'];
    expect(initial(changed.resources)).toEqual(initial(resources));
  });

  it('is called throttled after most of an hour only, because throttling is how its units begin to grow', () => {
    const alarmIn = (all: typeof resources) => {
      const alarm = Object.values(all).find(
        ({ Properties }) => Properties['AlarmName'] === 'waybill-test-parcels-throttled',
      )?.Properties;
      return [alarm?.['DatapointsToAlarm'], alarm?.['EvaluationPeriods']];
    };
    expect(alarmIn(resources)).toEqual([45, 60]);
    expect(alarmIn(onDemand.resources)).toEqual([3, 5]);
  });
});

describe('the units of the parcels table', () => {
  it('are at least one, and never more than a table may have', () => {
    expect(parcelsCapacity({ ...load, eventsPerSecond: 1 })?.writes).toEqual({ initial: 2, min: 1, max: 15 });
    expect(parcelsCapacity({ ...load, eventsPerSecond: 40_000 })?.writes).toEqual({
      initial: 40_000,
      min: 14_286,
      max: 40_000,
    });
  });

  it('keep within the limits that the context sets', () => {
    const within = (minWriteUnits: number | undefined, maxWriteUnits: number | undefined) =>
      parcelsCapacity({ ...load, minWriteUnits, maxWriteUnits })?.writes;
    expect(within(2_000, undefined)).toEqual({ initial: 2_000, min: 2_000, max: 14_286 });
    expect(within(undefined, 300)).toEqual({ initial: 300, min: 300, max: 300 });
  });

  it('have reads for every webhook', () => {
    const reads = (webhooks: readonly unknown[]) => parcelsCapacity({ ...load, webhooks })?.reads.initial;
    expect([reads([]), reads(['shop']), reads(['shop', 'erp'])]).toEqual([15, 729, 1443]);
  });

  it('are none on demand', () => {
    expect(parcelsCapacity({ ...load, capacity: 'on-demand' })).toBeUndefined();
  });
});
