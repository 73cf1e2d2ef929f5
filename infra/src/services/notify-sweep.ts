import { Stack } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { acknowledge } from '../findings/acknowledge.ts';
import { policiesOf } from './fargate-task.ts';
import type { Network } from './network.ts';
import type { Notifier } from './notifier.ts';
import { type OperatorTask, operatorContainer } from './operator-task.ts';

export type NotifySweepProps = {
  readonly environment: string;
  /** `rate(1 hour)`. */
  readonly schedule: string;
  readonly cluster: ICluster;
  readonly network: Network;
  readonly notifier: Notifier;
  /** The task of operators that knows this webhook. */
  readonly operatorTask: OperatorTask;
};

/** What the task runs. */
const command = ['notifications', 'send', '--unfinished', '--yes', '--because', 'sweep'];

/**
 * Runs `waybill notifications send --unfinished` on a schedule, for one webhook: what the receiver refused, and what did not
 * meet the requirements, is looked at again. Two runs at a time do no harm: what is told twice has the same id.
 */
export class NotifySweep extends Construct {
  constructor(scope: Construct, id: string, props: NotifySweepProps) {
    super(scope, id);
    const { environment, schedule, cluster, network, notifier, operatorTask } = props;
    const { definition } = operatorTask;
    const role = new Role(this, 'Role', {
      description: 'Waybill: start the task of a schedule',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['ecs:RunTask'],
        resources: [definition.taskDefinitionArn],
        conditions: { ArnEquals: { 'ecs:cluster': cluster.clusterArn } },
      }),
    );
    // By name: a reference would be a part of the finding's id.
    const tasks = `task/waybill-${environment}/*`;
    role.addToPolicy(
      new PolicyStatement({
        actions: ['ecs:TagResource'],
        resources: [Stack.of(this).formatArn({ service: 'ecs', resource: tasks })],
        conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
      }),
    );
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:${tasks}]`]:
        'Only tags of tasks that are just started, whose ids nobody knows before.',
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [definition.taskRole.roleArn, definition.obtainExecutionRole().roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }),
    );
    const sweep = new CfnSchedule(this, 'Schedule', {
      name: `waybill-${environment}-notify-sweep-${notifier.webhook}`,
      description: `Waybill: tell the webhook ${notifier.webhook} what was due and not told`,
      scheduleExpression: schedule,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: cluster.clusterArn,
        roleArn: role.roleArn,
        ecsParameters: {
          taskDefinitionArn: definition.taskDefinitionArn,
          taskCount: 1,
          launchType: 'FARGATE',
          propagateTags: 'TASK_DEFINITION',
          enableEcsManagedTags: true,
          networkConfiguration: {
            awsvpcConfiguration: {
              subnets: network.vpc.selectSubnets(network.subnets).subnetIds,
              securityGroups: notifier.service.fargate.connections.securityGroups.map(
                ({ securityGroupId }) => securityGroupId,
              ),
              assignPublicIp: network.assignPublicIp ? 'ENABLED' : 'DISABLED',
            },
          },
        },
        input: JSON.stringify({ containerOverrides: [{ name: operatorContainer, command }] }),
        // A run that could not be started is not made up for: the next one does the same.
        retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 600 },
      },
    });
    // Its first run may be due at once.
    sweep.node.addDependency(
      role,
      policiesOf(definition),
      network.vpc.selectSubnets(network.subnets).internetConnectivityEstablished,
    );
  }
}
