import { type CloudWatchMetricName, metricDefinitions } from '@waybill/shared/metrics.ts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { customMetrics } from '../cost/custom-metrics.ts';
import { onlyOf, resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const apiUrl = 'https://carrier.example/v1/scans/scanevents';
const synthesized = synthesize({ apiUrl });
const stack = stackOf(synthesized, 'services');

const alarmsOf = (of: typeof stack) =>
  new Map(
    [...resourcesOf(of, 'AWS::CloudWatch::Alarm').values()].map((alarm) => [
      String(alarm['AlarmName']).replace(/^waybill-dev-/, ''),
      alarm,
    ]),
  );
const alarms = alarmsOf(stack);

const reference = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const waiting = z.object({
  DependsOn: z.array(z.string()).default([]),
  Properties: z.object({ Dimensions: z.array(z.object({ Value: z.unknown() })).default([]) }),
});

/** The services that CloudFormation creates before a resource: those it depends on, and those its dimensions refer to. */
function servicesBefore(resource: unknown) {
  const { DependsOn, Properties } = waiting.parse(resource);
  const referred = Properties.Dimensions.flatMap(
    ({ Value }) => reference.safeParse(Value).data?.['Fn::GetAtt'][0] ?? [],
  );
  return [...DependsOn, ...referred].flatMap((id) =>
    stack.resources[id]?.Type === 'AWS::ECS::Service' ? [stack.resources[id].Properties['ServiceName']] : [],
  );
}

describe('the alarms', () => {
  it('are these, each with the topic of its severity', () => {
    expect([...alarms.keys()].toSorted()).toEqual([
      'breaker-open',
      'failure-rate',
      'feed-lag',
      'feed-silent',
      'feed-went-back',
      'metrics-refused',
      'poller-makes-no-progress',
      'processor-not-running',
      'receives-lost',
      'retention-hole',
      'task-restarts',
      'unreadable-row',
    ]);
    for (const alarm of alarms.values()) {
      const topic = String(alarm['AlarmDescription']).startsWith('CRITICAL: ') ? '<Alarms>' : '<Warnings>';
      expect(alarm).toMatchObject({ AlarmActions: [topic], OKActions: [topic] });
    }
  });

  it('are raised for a feed that went back, and for one that is silent for more than two days', () => {
    expect(alarms.get('feed-went-back')).toMatchObject({
      MetricName: 'waybill.feed.went_back',
      Statistic: 'Maximum',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
    expect(alarms.get('feed-silent')).toMatchObject({
      MetricName: 'waybill.feed.silence',
      Statistic: 'Maximum',
      Threshold: 48 * 3_600,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('are raised for a poller that reads no page for ten minutes, or is gone', () => {
    expect(alarms.get('poller-makes-no-progress')).toMatchObject({
      Namespace: 'Waybill/dev',
      MetricName: 'waybill.feed.pages',
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 2,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  });

  it('are raised for the first hole that the feed’s retention may have left', () => {
    expect(alarms.get('retention-hole')).toMatchObject({
      Namespace: 'Waybill/dev',
      MetricName: 'waybill.feed.retention_holes',
      Statistic: 'Sum',
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('for missing data are created when the service that they watch runs', () => {
    const missing = Object.entries(stack.resources).filter(
      ([, { Type, Properties }]) => Type === 'AWS::CloudWatch::Alarm' && Properties['TreatMissingData'] === 'breaching',
    );
    expect(missing.map(([id, alarm]) => [id.replace(/[0-9A-F]{8}$/, ''), servicesBefore(alarm)]).toSorted()).toEqual([
      ['PollerNoProgress', ['waybill-dev-poller']],
      ['ProcessorNotRunning', ['waybill-dev-processor']],
    ]);
  });

  it('follow a poller that asks every hour, and processors that publish every ten minutes', () => {
    const given = {
      apiUrl,
      pollerVariables: { POLL_INTERVAL_MS: 3_600_000 },
      processorVariables: { OTEL_METRIC_EXPORT_INTERVAL: 600_000 },
    };
    const { stacks, findings } = synthesize(given);
    const rarely = new Map(stacks.flatMap((one) => [...alarmsOf(one)]));
    expect(findings).toEqual([]);
    expect(rarely.get('poller-makes-no-progress')).toMatchObject({ Period: 3 * 3_600 });
    expect(rarely.get('feed-lag')).toMatchObject({ Period: 2 * 3_600, Threshold: 2 * 3_600 });
    expect(rarely.get('feed-silent')).toMatchObject({ Period: 2 * 3_600, Threshold: 48 * 3_600 });
    expect(rarely.get('feed-went-back')).toMatchObject({ Period: 300 });
    expect(rarely.get('breaker-open')).toMatchObject({ Period: 1_200 });
    expect(rarely.get('parcels-throttled')).toMatchObject({ Period: 1_200 });
    expect(rarely.get('checkpoints-throttled')).toMatchObject({ Period: 60 });
  });

  it('are raised when a lag of 15 minutes lasts 15 minutes', () => {
    expect(alarms.get('feed-lag')).toMatchObject({
      MetricName: 'waybill.feed.lag',
      Statistic: 'Maximum',
      Period: 300,
      EvaluationPeriods: 3,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 900,
      TreatMissingData: 'notBreaching',
    });
  });

  it('are raised for a breaker that is open or half open for three minutes', () => {
    expect(alarms.get('breaker-open')).toMatchObject({
      MetricName: 'waybill.processor.breaker',
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 3,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('are raised for lost answers of receives in two periods of five minutes', () => {
    expect(alarms.get('receives-lost')).toMatchObject({
      MetricName: 'waybill.queue.lost_receives',
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 2,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('are raised when no processor has run for five minutes', () => {
    expect(alarms.get('processor-not-running')).toMatchObject({
      Namespace: 'AWS/ECS',
      MetricName: 'CPUUtilization',
      Statistic: 'SampleCount',
      Period: 60,
      EvaluationPeriods: 5,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  });

  it('are raised by the share of failures, from a minimum number', () => {
    expect(alarms.get('failure-rate')).toMatchObject({
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 5,
      Metrics: [
        { Expression: 'IF(counted >= 20, 100 * counted / (counted + FILL(others, 0)), 0)' },
        {
          Id: 'counted',
          MetricStat: { Metric: { MetricName: 'waybill.processor.failures' }, Period: 900, Stat: 'Sum' },
        },
        { Id: 'others', MetricStat: { Metric: { MetricName: 'waybill.processor.events' }, Period: 900, Stat: 'Sum' } },
      ],
    });
  });
});

describe('lines with metrics that CloudWatch refuses', () => {
  const webhooks = ['shop', 'depot'].map((name, at) => ({
    name,
    url: 'https://shop.example/hook',
    secretsName: 'shop/signing',
    ownTable: at > 0,
  }));
  const whole = stackOf(synthesize({ apiUrl, api: true, apiCallersSecret: 'waybill/callers', webhooks }), 'services');
  const named = z.object({ Name: z.string() });
  const task = z.object({
    Family: z.string(),
    ContainerDefinitions: z.tuple([z.object({ Environment: z.array(named) })]),
  });
  const metric = z.object({
    MetricName: z.string(),
    Namespace: z.literal('AWS/Logs'),
    Dimensions: z.tuple([z.object({ Name: z.literal('LogGroupName'), Value: z.string() })]),
  });
  const refused = [...alarmsOf(whole)].filter(([name]) => name.startsWith('metrics-refused'));
  const counted = refused.map(([, { Metrics }]) =>
    z
      .array(z.object({ MetricStat: z.object({ Metric: metric, Period: z.literal(300), Stat: z.literal('Sum') }) }))
      .parse(z.array(z.looseObject({})).parse(Metrics).slice(1))
      .map(({ MetricStat: { Metric } }) => Metric),
  );

  it('raise an alarm for each log that has such lines, parsing and validation both', () => {
    const publishing = [...resourcesOf(whole, 'AWS::ECS::TaskDefinition').values()]
      .map((properties) => task.parse(properties))
      .filter(({ ContainerDefinitions: [{ Environment }] }) =>
        Environment.some(({ Name }) => Name === 'CLOUDWATCH_NAMESPACE'),
      )
      .map(({ Family }) => Family.replace('waybill-dev-', '/waybill/dev/'));
    expect(publishing).toHaveLength(5);
    const groups = resourcesOf(whole, 'AWS::Logs::LogGroup');
    const watched = counted.flat().map(({ MetricName, Dimensions: [{ Value }] }) => {
      const group = groups.get(Value.replace(/[<>]/g, ''));
      return `${group?.['LogGroupName']} ${MetricName}`;
    });
    const both = ['EMFParsingErrors', 'EMFValidationErrors'];
    expect(watched.toSorted()).toEqual(publishing.flatMap((log) => both.map((name) => `${log} ${name}`)).toSorted());
  });

  it('are counted by as few alarms as take them: ten metrics each, those of a webhook with its name', () => {
    expect(refused.map(([name]) => name).toSorted()).toEqual([
      'metrics-refused',
      'metrics-refused-depot',
      'metrics-refused-shop',
    ]);
    for (const metrics of counted) expect(metrics.length).toBeLessThanOrEqual(10);
    for (const [, alarm] of refused)
      expect(alarm).toMatchObject({
        Metrics: expect.arrayContaining([expect.objectContaining({ Expression: 'SUM(FILL(METRICS(), 0))' })]),
        Threshold: 1,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        TreatMissingData: 'notBreaching',
      });
  });
});

const dashboardBody = z.object({
  widgets: z.array(
    z.object({
      type: z.string(),
      x: z.number(),
      width: z.number(),
      properties: z.looseObject({
        title: z.string(),
        metrics: z.array(z.array(z.unknown())).default([]),
        alarms: z.array(z.string()).default([]),
      }),
    }),
  ),
});

describe('the dashboard', () => {
  const { DashboardBody, DashboardName } = onlyOf(stack, 'AWS::CloudWatch::Dashboard');
  const { widgets } = dashboardBody.parse(JSON.parse(String(DashboardBody)));
  const shown = widgets.flatMap(({ properties }) => properties.metrics);

  it('shows lag, throughput, outcomes, failures, dead letters, age, tasks and costs', () => {
    expect(DashboardName).toBe('waybill-dev');
    const names = shown.map(([, name]) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'waybill.feed.lag',
        'waybill.processor.scan_to_state',
        'waybill.feed.dropped_gaps',
        'waybill.feed.events',
        'waybill.processor.events',
        'waybill.processor.outcomes',
        'waybill.processor.failures',
        'ApproximateNumberOfMessagesVisible',
        'ApproximateAgeOfOldestMessage',
        'CPUUtilization',
        'waybill.queue.billed',
        'waybill.store.write_units',
        'IncomingBytes',
        'TriggeredRules',
      ]),
    );
  });

  it('shows metrics of this deployment only: no AWS metric is without dimensions', () => {
    const ofAws = shown.filter(([namespace]) => String(namespace).startsWith('AWS/'));
    expect(ofAws.length).toBeGreaterThan(10);
    for (const [namespace, name, ...rest] of ofAws)
      expect(rest.filter((part) => typeof part === 'string').length, `${namespace} ${name}`).toBeGreaterThanOrEqual(2);
  });

  it('shows the bytes of each log separately', () => {
    const logs = shown.filter(([, name]) => name === 'IncomingBytes').map(([, , ...rest]) => rest.slice(0, 2));
    expect(logs).toEqual([
      ['LogGroupName', '<PollerServiceLogs>'],
      ['LogGroupName', '<ProcessorServiceLogs>'],
    ]);
  });

  it('shows every outcome and every written table whose metric is billed every day', () => {
    const split = customMetrics().filter((metric) =>
      /^waybill\.(processor\.outcomes|store\.write_units) /.test(metric),
    );
    expect(split).toHaveLength(5);
    const own = shown.map(([, name, key, value]) => `${name} ${key}=${value}`);
    expect(own).toEqual(expect.arrayContaining(split));
  });

  it('imports no value from the data stack that nothing else imports', () => {
    const { Outputs } = z
      .object({ Outputs: z.record(z.string(), z.object({ Export: z.unknown().optional() })) })
      .parse(stackOf(synthesized, 'data').template.toJSON());
    const exported = Object.entries(Outputs).flatMap(([id, { Export }]) => (Export ? [id] : []));
    expect(exported.length).toBeGreaterThan(5);
    const others = JSON.stringify(
      Object.values(stack.resources).filter(({ Type }) => Type !== 'AWS::CloudWatch::Dashboard'),
    );
    expect(exported.filter((id) => !others.includes(id))).toEqual([]);
  });

  it('shows the state of every alarm of both stacks', () => {
    const names = [...alarms.keys(), ...alarmsOf(stackOf(synthesized, 'data')).keys()];
    const status = widgets.flatMap(({ properties }) => properties.alarms);
    expect(status.map((arn) => arn.replace(/^.*:waybill-dev-/, '')).toSorted()).toEqual(names.toSorted());
  });

  it('stays in the free tier: one of three, with 50 metrics at most', () => {
    expect(shown.length).toBeLessThanOrEqual(50);
  });

  it('fits on the page', () => {
    for (const { x, width } of widgets) expect(x + width).toBeLessThanOrEqual(24);
  });

  it('asks for metrics by the dimensions that the processes publish them with', () => {
    const own = shown.filter(([namespace]) => namespace === 'Waybill/dev');
    expect(own.length).toBeGreaterThan(10);
    for (const [, name, ...rest] of own) {
      const dimensions = rest.filter((part) => typeof part === 'string').filter((_, i) => i % 2 === 0);
      const published: readonly (readonly string[])[] = metricDefinitions[name as CloudWatchMetricName].cloudWatch;
      expect(published, String(name)).toContainEqual(dimensions);
    }
  });
});
