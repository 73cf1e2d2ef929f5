import { describe, expect, it, test } from 'vitest';
import { loadAt } from '../scaling-model/day.ts';
import type { GapBesideNumber } from '../scaling-model/metric-math.ts';
import { simulatePipeline } from '../scaling-model/pipeline.ts';
import { policyOf } from '../scaling-model/policy.ts';
import { type Lags, type Span, usualLags } from '../scaling-model/setting.ts';
import type { Policy, StepIn } from '../scaling-model/target-tracking.ts';
import { resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';
import { messagesPerSecond } from './capacity.ts';

const services = stackOf(synthesize({ apiUrl: 'https://carrier.example/v1/scans/scanevents' }), 'services');

const { policy, queries, limits } = policyOf(services);

/** Messages of default pages that a processor of the default size is planned to store per second. */
const planned = messagesPerSecond(256, 100);

const stepsIn: readonly StepIn[] = ['proportional', 'one task'];
const gaps: readonly GapBesideNumber[] = ['stays a gap', 'is 0'];
const allSeeds = Array.from({ length: 12 }, (_, index) => index + 1);
/** What a worse policy does, it does on every day. */
const oneSeed = allSeeds.slice(0, 1);

/** Lags with one of the three sources later or earlier than usual. */
const lagOrders: readonly Lags[] = [
  { sqs: 4, ecs: 3, own: 4 },
  { sqs: 5, ecs: 3, own: 4 },
  { sqs: 3, ecs: 4, own: 4 },
  { sqs: 3, ecs: 5, own: 4 },
  { sqs: 3, ecs: 3, own: 3 },
  { sqs: 3, ecs: 3, own: 5 },
];

const hour = 3_600;

/** The hour without DynamoDB, seconds of the day. */
const outage: Span = { from: 18 * hour, until: 19 * hour };

/** How often scaling changed its direction: from out to in, or from in to out. */
function directionChanges(desired: readonly number[]): number {
  const steps = desired.slice(1).map((count, i) => Math.sign(count - (desired[i] ?? count)));
  const moves = steps.filter((step) => step !== 0);
  return moves.slice(1).filter((move, i) => move !== moves[i]).length;
}

/** The policy with some of its expressions replaced. */
function but(changes: Readonly<Record<string, string>>, others: Partial<Policy> = {}): Policy {
  for (const id of Object.keys(changes)) if (!policy.expressions.some(([each]) => each === id)) throw new Error(id);
  const expressions = policy.expressions.map(([id, expression]) => [id, changes[id] ?? expression] as const);
  return { ...policy, expressions, ...others };
}

/** The worst figures of a day under a policy, over the seeds. */
function judge(
  tried: Policy,
  stepIn: StepIn,
  {
    messagesPerSecond = planned,
    lags = usualLags,
    gap = 'stays a gap',
    seeds = allSeeds,
  }: { messagesPerSecond?: number; lags?: Lags; gap?: GapBesideNumber; seeds?: readonly number[] } = {},
) {
  const days = seeds.map((seed) =>
    simulatePipeline({
      policy: tried,
      stepIn,
      gap,
      lags,
      seed,
      seconds: 24 * hour,
      loadAt,
      taskStores: messagesPerSecond,
      outages: [outage],
    }),
  );
  const [from, until] = [outage.from / 60, outage.until / 60];
  const worst = (of: (day: (typeof days)[number]) => number) => Math.max(...days.map(of));
  return {
    directionChanges: worst(({ desired }) => directionChanges(desired)),
    oldestMinutes: worst(({ oldestSeconds }) => Math.max(...oldestSeconds.slice(0, from)) / 60),
    startedInOutage: worst(({ desired }) => Math.max(...desired.slice(from, until)) - (desired[from - 1] ?? 0)),
    recoveryMinutes: worst(({ oldestSeconds }) => oldestSeconds.slice(until).findLastIndex((age) => age > 300) + 1),
    tasksAtNight: worst(({ desired }) => desired.at(-1) ?? 0),
    taskHours: worst(({ running }) => running.reduce((sum, tasks) => sum + tasks, 0) / 60),
  };
}

describe('a day with a morning peak, a spike, an hour without DynamoDB and a quiet night', () => {
  for (const stepIn of stepsIn) {
    for (const share of [0.8, 1, 1 / 0.6]) {
      const day = judge(policy, stepIn, { messagesPerSecond: planned * share });
      const named = `where a step in is ${stepIn} and a task stores ${share.toFixed(2)} of what is planned`;

      test(`changes direction only with the load, ${named}`, () => {
        // Morning, spike and outage each scale out and in again: five changes. Noise may add one pair, or two pairs where
        // tasks are slower than planned.
        expect(day.directionChanges).toBeLessThanOrEqual(share < 1 ? 9 : 7);
      });

      test(`leaves no message waiting for more than 8 minutes, ${named}`, () => {
        expect(day.oldestMinutes).toBeLessThanOrEqual(8);
      });

      test(`starts nothing while the breakers are open, and has caught up 30 minutes after, ${named}`, () => {
        expect(day.startedInOutage).toBe(0);
        expect(day.recoveryMinutes).toBeLessThanOrEqual(30);
      });

      test(`is back at one task at night, and uses at most half of all task hours, ${named}`, () => {
        expect(day.tasksAtNight).toBe(1);
        expect(day.taskHours).toBeLessThanOrEqual(0.5 * 24 * policy.max);
      });
    }
  }
});

describe('the same day goes well, too,', () => {
  const unknowns = gaps.flatMap((gap) => stepsIn.map((stepIn) => ({ gap, stepIn })));
  for (const lags of lagOrders) {
    for (const [index, { gap, stepIn }] of unknowns.entries()) {
      // Every order of lags has every seed once.
      const seeds = allSeeds.filter((seed) => seed % unknowns.length === index);
      test(`where SQS is ${lags.sqs}, ECS ${lags.ecs} and the log ${lags.own} minutes late, a gap beside a number ${gap} and a step in is ${stepIn}`, () => {
        const day = judge(policy, stepIn, { lags, gap, seeds });
        expect(day.directionChanges).toBeLessThanOrEqual(7);
        expect(day.oldestMinutes).toBeLessThanOrEqual(8);
        expect(day.startedInOutage).toBe(0);
        expect(day.recoveryMinutes).toBeLessThanOrEqual(30);
        expect(day.tasksAtNight).toBe(1);
      });
    }
  }
});

describe('the same day shows that', () => {
  test.each(gaps)(
    'what waits would count as 0 where SQS is later than ECS, and nothing would be started (%s)',
    (gap) => {
      const trusting = but({ backlog: 'MAX([visible, held]) / tasks' });
      for (const lags of lagOrders.filter(({ sqs, ecs }) => sqs > ecs))
        expect(judge(trusting, 'one task', { lags, gap, seeds: oneSeed }).oldestMinutes).toBeGreaterThan(60);
    },
  );

  test('visible messages divided by tasks would flap: an empty queue stops the tasks that keep it empty', () => {
    expect(judge(but({ held: 'visible' }), 'proportional', { seeds: oneSeed }).directionChanges).toBeGreaterThan(40);
    expect(judge(but({ held: 'visible' }), 'one task', { seeds: oneSeed }).directionChanges).toBeGreaterThan(15);
  });

  test('the total backlog, not divided by tasks, would flap too', () => {
    expect(
      judge(but({ held: 'visible', backlog: 'visible * 1' }), 'proportional', { seeds: oneSeed }).directionChanges,
    ).toBeGreaterThan(40);
  });

  test('without the breaker in the metric an outage would start tasks that cannot work', () => {
    expect(
      judge(but({ backlogPerTask: 'backlog * 1' }), 'one task', { seeds: oneSeed }).startedInOutage,
    ).toBeGreaterThan(3);
  });

  test('a breaker that is published three minutes after the backlog comes too late', () => {
    const lags = { ...usualLags, own: usualLags.sqs + 3 };
    expect(judge(policy, 'one task', { lags, seeds: oneSeed }).startedInOutage).toBeGreaterThan(3);
  });

  test('ten times the target would leave messages waiting', () => {
    const target = 10 * policy.target;
    const lazy = but(
      { full: `tasks * ${target}`, backlogPerTask: `IF(FILL(breaker, 0) >= 1, ${target}, backlog)` },
      { target },
    );
    expect(judge(lazy, 'one task', { seeds: oneSeed }).oldestMinutes).toBeGreaterThan(15);
  });

  test('CPU would stop tasks in an outage, and ignore what waits afterwards', () => {
    const cpu = { ...policy, expressions: [['cpuOfAll', 'cpu * 1'] as const], target: 60 };
    const [guarded, byCpu] = [judge(policy, 'proportional'), judge(cpu, 'proportional')];
    expect(byCpu.recoveryMinutes).toBeGreaterThan(1.5 * guarded.recoveryMinutes);
  });
});

describe('the policy', () => {
  it('reads the metrics of the simulation: free ones, and that of the breaker', () => {
    const read = queries.flatMap(({ Id, MetricStat }) =>
      MetricStat ? [[Id, MetricStat.Metric.MetricName, MetricStat.Stat]] : [],
    );
    expect(read).toEqual([
      ['visible', 'ApproximateNumberOfMessagesVisible', 'Average'],
      ['sent', 'NumberOfMessagesSent', 'Sum'],
      ['tasks', 'CPUUtilization', 'SampleCount'],
      ['breaker', 'waybill.processor.breaker', 'Average'],
    ]);
    expect(queries.filter(({ ReturnData }) => ReturnData).map(({ Id }) => Id)).toEqual(['backlogPerTask']);
    // A CloudWatch alarm takes ten at most, expressions included (CloudWatch quotas).
    expect(queries.length).toBeLessThanOrEqual(10);
  });

  it('names the dimensions of those metrics that have some', () => {
    const dimensions = queries.flatMap(({ MetricStat }) =>
      MetricStat ? [MetricStat.Metric.Dimensions?.map(({ Name }) => Name)] : [],
    );
    expect(dimensions).toEqual([['QueueName'], ['QueueName'], ['ClusterName', 'ServiceName'], undefined]);
  });

  it('counts tasks by samples of a minute: ECS sends one per task as long as its resolution is 60 s', () => {
    for (const service of resourcesOf(services, 'AWS::ECS::Service').values())
      expect(service).not.toHaveProperty('MonitoringConfiguration');
  });

  it('scales in more slowly than out, and never below one', () => {
    expect(policy.scaleInCooldown).toBeGreaterThanOrEqual(3 * policy.scaleOutCooldown);
    expect(limits).toMatchObject({ MinCapacity: 1, MaxCapacity: 10, ScalableDimension: 'ecs:service:DesiredCount' });
  });
});
