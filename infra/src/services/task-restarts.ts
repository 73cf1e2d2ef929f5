import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, Metric, type MetricOptions, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { type EventPattern, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';

/**
 * Logs, counts and alarms about tasks that ended by themselves, could not be started or were stopped as unhealthy. ECS
 * itself forgets a stopped task within an hour. Tasks that deployments, scaling and Spot stop do not count.
 */
export class TaskRestarts extends Construct {
  readonly #rule: Rule;

  constructor(scope: Construct, id: string, { cluster, ...setting }: AlarmSetting & { readonly cluster: ICluster }) {
    super(scope, id);
    const { environment } = setting.context;
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/events/waybill-${environment}-task-restarts`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#rule = new Rule(this, 'Rule', {
      ruleName: `waybill-${environment}-task-restarts`,
      description: 'Tasks of Waybill that ended by themselves, were unhealthy or could not be started',
      eventPattern: stoppedByItself(cluster),
    });
    const { policyDependable } = logGroup.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    // What EventBridge may not write is lost.
    if (policyDependable) this.#rule.node.addDependency(policyDependable);
    this.#rule.addTarget(intoLog(logGroup));
    new WaybillAlarm(this, 'Alarm', {
      ...setting,
      section: 'task-restarts',
      severity: 'warning',
      impact:
        'Tasks crash and start again: each crash delays events, and after three crashes a message goes to the dead-letter queue.',
      metric: this.metric({ period: Duration.minutes(15) }),
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 3,
      evaluationPeriods: 1,
      // EventBridge publishes no zeros.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  metric(options?: MetricOptions): Metric {
    return new Metric({
      namespace: 'AWS/Events',
      metricName: 'TriggeredRules',
      dimensionsMap: { RuleName: this.#rule.ruleName },
      statistic: 'Sum',
      ...options,
    });
  }
}

function stoppedByItself({ clusterArn }: ICluster): EventPattern {
  return {
    source: ['aws.ecs'],
    detailType: ['ECS Task State Change'],
    detail: {
      clusterArn: [clusterArn],
      lastStatus: ['STOPPED'],
      // Not a task of operators, started by a person or a schedule: it runs one command and ends.
      group: [{ prefix: 'service:' }],
      $or: [
        { stopCode: ['EssentialContainerExited', 'TaskFailedToStart'] },
        // The scheduler stops unhealthy tasks and those that a deployment replaces: only the reason tells them apart.
        { stoppedReason: [{ prefix: 'Task failed container health checks' }] },
      ],
    },
  };
}

/** Replaces the CDK's own target for log groups, which needs a Lambda function to write the resource policy. */
function intoLog(logGroup: LogGroup): IRuleTarget {
  const arn = Stack.of(logGroup).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: logGroup.logGroupName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return { bind: () => ({ arn, targetResource: logGroup }) };
}
