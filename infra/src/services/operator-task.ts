import { Duration, Stack } from 'aws-cdk-lib';
import { AwsLogDriverMode, LogDrivers } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import type { DataStack } from '../data/data-stack.ts';
import { confinedContainer, fargateTask, type TaskProps, taskLogs } from './fargate-task.ts';
import { scanApiToken } from './secret-variables.ts';

export type OperatorTaskProps = {
  readonly context: Context;
  readonly apiUrl: string;
  readonly data: DataStack;
};

/** vCPU units and MiB. Twice a poller's, because a person waits for its start; it is paid only while it runs. */
export const operatorSize = { cpu: 512, memoryMiB: 1_024 } as const;

/** Seconds after a stop that an act has to hand back what it holds: all that Fargate allows. */
const stopSeconds = 120;

/**
 * A task that runs one command of `waybill` and ends, started by a person (`aws ecs run-task`): for those who may not or
 * cannot run it on their own machine. No service keeps it running. It may do all that `waybill` does except to read what
 * failed, with ids of people: what it prints is kept in a log.
 */
export class OperatorTask extends Construct {
  constructor(scope: Construct, id: string, { context, apiUrl, data }: OperatorTaskProps) {
    super(scope, id);
    const props: TaskProps = { environment: context.environment, image: 'operator', size: operatorSize };
    const logGroup = taskLogs(this, props);
    const task = fargateTask(this, props);
    task.addContainer('waybill', {
      ...confinedContainer(this, props),
      environment: {
        ...ofTheFeed(context.pollerVariables),
        AWS_REGION: Stack.of(this).region,
        SCAN_API_URL: apiUrl,
        SCAN_QUEUE_URL: data.scanQueue.queue.queueUrl,
        PARCELS_TABLE: data.parcels.tableName,
        CHECKPOINTS_TABLE: data.checkpoints.tableName,
        FAILURES_TABLE: data.failures.tableName,
        OPERATIONS_TABLE: data.operations.tableName,
        BATCHES_TABLE: data.batches.tableName,
      },
      secrets: { ...scanApiToken(this, context.apiTokenSecret) },
      stopTimeout: Duration.seconds(stopSeconds),
      // Its output is what it runs for: rather wait for the log than lose a line.
      logging: LogDrivers.awsLogs({ logGroup, streamPrefix: 'operator', mode: AwsLogDriverMode.BLOCKING }),
    });
    const { observer, redrive, checkpoint, replay, repair } = data.operators;
    for (const policy of [observer, redrive, checkpoint, replay, repair]) task.taskRole.addManagedPolicy(policy);
  }
}

/** Of the poller's variables those that say which feed is read, and how fast. */
function ofTheFeed(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => name === 'FEED' || name.startsWith('SCAN_API_')),
  );
}
