import { describe, expect, it } from 'vitest';
import { onlyOf, resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const stack = stackOf(synthesize({ apiUrl: 'https://carrier.example/v1/scans/scanevents' }), 'services');
const rule = onlyOf(stack, 'AWS::Events::Rule');

type Json = null | string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** Whether an EventBridge pattern matches an event: lists of values and prefixes, nested objects, `$or`. */
function matches(pattern: unknown, event: Json | undefined): boolean {
  if (Array.isArray(pattern)) return pattern.some((each) => matchesOne(each, event));
  if (typeof pattern !== 'object' || pattern === null) throw new Error(`no pattern: ${JSON.stringify(pattern)}`);
  const fields =
    event !== null && typeof event === 'object' && !Array.isArray(event)
      ? new Map(Object.entries(event))
      : new Map<string, Json>();
  return Object.entries(pattern).every(([key, wanted]) =>
    key === '$or' && Array.isArray(wanted)
      ? wanted.some((one) => matches(one, event))
      : matches(wanted, fields.get(key)),
  );
}

function matchesOne(wanted: unknown, value: Json | undefined): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === value;
  if ('prefix' in wanted) return typeof value === 'string' && value.startsWith(String(wanted.prefix));
  throw new Error(`unknown pattern: ${JSON.stringify(wanted)}`);
}

/** The parts of a task's event that matter here (Amazon ECS developer guide, "Task state change events"). */
function stopped(detail: Readonly<Record<string, Json>>): Json {
  return {
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    detail: {
      clusterArn: '<Cluster.Arn>',
      group: 'service:waybill-dev-processor',
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      ...detail,
    },
  };
}

describe('a task restart', () => {
  it.each<[string, Record<string, Json>]>([
    [
      'a process that ended',
      { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' },
    ],
    [
      'a task that could not be started',
      { stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: …' },
    ],
    [
      'a process that hung',
      {
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason: 'Task failed container health checks',
      },
    ],
  ])('is %s', (_, detail) => {
    expect(matches(rule['EventPattern'], stopped(detail))).toBe(true);
  });

  it.each<[string, Record<string, Json>]>([
    [
      'what a deployment or scaling stops',
      { stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/1)' },
    ],
    ['what Spot takes back', { stopCode: 'SpotInterruption', stoppedReason: 'Your Spot Task was interrupted.' }],
    ['what a person stops', { stopCode: 'UserInitiated', stoppedReason: 'Task stopped by user' }],
    ["another cluster's", { stopCode: 'EssentialContainerExited', clusterArn: 'another' }],
    [
      'a command of operators that ended',
      { stopCode: 'EssentialContainerExited', group: 'family:waybill-dev-operator' },
    ],
    ['a task that runs', { lastStatus: 'RUNNING', stopCode: 'EssentialContainerExited' }],
  ])('is not %s', (_, detail) => {
    expect(matches(rule['EventPattern'], stopped(detail))).toBe(false);
  });

  it('is kept in a log that only EventBridge may write', () => {
    expect(rule['Targets']).toEqual([
      {
        Id: expect.anything(),
        Arn: 'arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:<TaskRestartsLog>',
      },
    ]);
    expect(resourcesOf(stack, 'AWS::Logs::LogGroup').get('TaskRestartsLog')).toMatchObject({
      LogGroupName: '/aws/events/waybill-dev-task-restarts',
      RetentionInDays: 90,
    });
    const document = JSON.parse(String(onlyOf(stack, 'AWS::Logs::ResourcePolicy')['PolicyDocument']));
    expect(document.Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: '<TaskRestartsLog.Arn>',
      },
    ]);
  });

  it('raises the alarm with the third in 15 minutes, by the count of the rule', () => {
    expect(resourcesOf(stack, 'AWS::CloudWatch::Alarm').get('TaskRestartsAlarm')).toMatchObject({
      Namespace: 'AWS/Events',
      MetricName: 'TriggeredRules',
      Dimensions: [{ Name: 'RuleName', Value: '<TaskRestartsRule>' }],
      Statistic: 'Sum',
      Period: 900,
      Threshold: 3,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    });
  });
});
