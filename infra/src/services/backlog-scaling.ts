import { Stack } from 'aws-cdk-lib';
import { CfnScalingPolicy, ScalableTarget, ServiceNamespace } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** Seconds that a message may wait in the queue, so that few processors are needed. */
const acceptableWaitSeconds = 120;

/**
 * How much more than the incoming messages the tasks must be able to store. A target tracking policy scales in below 90 % of
 * its target, so a task is stopped below 70 % of use.
 */
const headroom = 1.3;

/** Seconds until the tasks of a scale-out run and show in the metrics. An earlier scale-out would count them as missing. */
const scaleOutCooldownSeconds = 300;

/** Seconds between two steps in. Each stops a task that was not needed for a quarter of an hour. */
const scaleInCooldownSeconds = 900;

export type BacklogScalingProps = {
  readonly service: FargateService;
  readonly maxTasks: number;
  /** Full messages that one task stores per second. */
  readonly messagesPerSecond: number;
  readonly metrics: {
    /** Messages that wait, in each minute. */
    readonly visible: Metric;
    /** Messages sent to the queue in each minute. */
    readonly sent: Metric;
    /** Tasks that ran in each minute. */
    readonly tasks: Metric;
    /** 0 closed, 1 half open, 2 open; the mean of all processors. */
    readonly breaker: Metric;
  };
};

/**
 * Keeps the backlog per processor (visible messages divided by running tasks) at what it stores within two minutes. An empty
 * queue does not say how many processors keep it empty, so incoming messages count, too: they can keep the metric at the
 * target, but not raise it above. While the breakers of most processors are open, the metric is the target: more tasks would
 * not help, and fewer would be missing afterwards (docs/decisions/0056-backlog-scaling.md).
 */
export class BacklogScaling extends Construct {
  constructor(scope: Construct, id: string, { service, maxTasks, messagesPerSecond, metrics }: BacklogScalingProps) {
    super(scope, id);
    const target = new ScalableTarget(this, 'Tasks', {
      serviceNamespace: ServiceNamespace.ECS,
      scalableDimension: 'ecs:service:DesiredCount',
      resourceId: `service/${service.cluster.clusterName}/${service.serviceName}`,
      minCapacity: 1,
      maxCapacity: maxTasks,
      role: serviceLinkedRole(this),
    });
    const backlogOfOne = Math.floor(messagesPerSecond * acceptableWaitSeconds);
    new CfnScalingPolicy(this, 'Policy', {
      policyName: `${Stack.of(this).stackName}-backlog-per-task`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.scalableTargetId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue: backlogOfOne,
        scaleOutCooldown: scaleOutCooldownSeconds,
        scaleInCooldown: scaleInCooldownSeconds,
        customizedMetricSpecification: {
          metrics: [
            ...Object.entries(metrics).map(([id, metric]) => metricQuery(id, metric)),
            ...expressions({
              // Messages that come within the acceptable wait; the metric is the sum of a minute.
              coming: `FILL(sent, 0) * ${(acceptableWaitSeconds / 60) * headroom}`,
              full: `tasks * ${backlogOfOne}`,
              held: 'IF(coming > full, full, coming)',
              // When metrics of SQS come later than those of ECS, the newest minutes would count as 0 messages. Divided by 0
              // tasks they have no datapoint.
              backlog: 'MAX([visible, held]) / IF(FILL(visible, -1) >= 0, tasks, 0)',
            }),
            {
              id: 'backlogPerTask',
              label: 'backlog per task',
              expression: `IF(FILL(breaker, 0) >= 1, ${backlogOfOne}, backlog)`,
              returnData: true,
            },
          ],
        },
      },
    });
  }
}

/** Expressions by id. Each uses metrics and the expressions before it. */
function expressions(byId: Readonly<Record<string, string>>): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty[] {
  return Object.entries(byId).map(([id, expression]) => ({ id, expression, returnData: false }));
}

function metricQuery(id: string, metric: Metric): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty {
  const { namespace, metricName, statistic } = metric;
  const dimensions = Object.entries(metric.dimensions ?? {});
  return {
    id,
    metricStat: {
      metric: {
        namespace,
        metricName,
        ...(dimensions.length > 0 && {
          dimensions: dimensions.map(([name, value]) => ({ name, value: String(value) })),
        }),
      },
      stat: statistic,
    },
    returnData: false,
  };
}

/** The role of Application Auto Scaling for ECS, which every account has. */
function serviceLinkedRole(scope: Construct) {
  const arn = Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName:
      'aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService',
  });
  return Role.fromRoleArn(scope, 'Role', arn, { mutable: false });
}
