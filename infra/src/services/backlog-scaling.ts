import { Stack } from 'aws-cdk-lib';
import { CfnScalingPolicy, ScalableTarget, ServiceNamespace } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** Seconds that a message may wait in the queue while processors are kept few. */
const acceptableWaitSeconds = 120;

/**
 * How much more than what comes a task must be able to store before it is taken away: below 70 % of use, for a target
 * tracking policy goes in below 90 % of its target.
 */
const headroom = 1.3;

/** Seconds after a scale-out until its tasks run and show in the metrics: the next one would count them as missing. */
const scaleOutCooldownSeconds = 300;

/** Seconds between two steps in: each throws away a task that a quarter of an hour showed not to be needed. */
const scaleInCooldownSeconds = 900;

export type BacklogScalingProps = {
  readonly service: FargateService;
  readonly maxTasks: number;
  /** Full messages that one task stores in a second. */
  readonly messagesPerSecond: number;
  readonly metrics: {
    /** Messages that wait, at the end of each minute. */
    readonly visible: Metric;
    /** Messages put on the queue in each minute. */
    readonly sent: Metric;
    /** Tasks that ran in each minute. */
    readonly tasks: Metric;
    /** 0 closed, 1 half open, 2 open; the mean of all processors. */
    readonly breaker: Metric;
  };
};

/**
 * Keeps the backlog of each processor, visible messages over running tasks, at what it stores within two minutes. An
 * empty queue says nothing of how many processors keep it empty, so what comes holds them: it can keep the answer at the
 * target, never lift it above. While the breakers of most processors are open the answer is the target itself: more
 * tasks would not help, and fewer would be missing afterwards (docs/decisions/0056-backlog-scaling.md).
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
            ...Object.entries(metrics).map(([id, metric]) => measured(id, metric)),
            ...expressions({
              // Within the acceptable wait; the metric is the sum of a minute.
              coming: `FILL(sent, 0) * ${(acceptableWaitSeconds / 60) * headroom}`,
              full: `tasks * ${backlogOfOne}`,
              held: 'IF(coming > full, full, coming)',
              // Where SQS is later than ECS its newest minutes would count as 0: by no tasks, so they are dropped.
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

/** Expressions by id, each of metrics and of those before it. */
function expressions(byId: Readonly<Record<string, string>>): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty[] {
  return Object.entries(byId).map(([id, expression]) => ({ id, expression, returnData: false }));
}

function measured(id: string, metric: Metric): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty {
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

/** The role that Application Auto Scaling has for ECS in every account. */
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
