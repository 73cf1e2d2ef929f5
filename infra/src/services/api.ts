import { apiVariables } from '@waybill/api/config.ts';
import {
  openParcelsIndex,
  recentBatchesIndex,
  recentOperationsIndex,
  unfinishedIndex,
  unresolvedIndex,
} from '@waybill/shared/resources.ts';
import { Duration } from 'aws-cdk-lib';
import type { GraphWidget, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { PrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import { mainWebhook } from '../context/webhooks.ts';
import type { DataStack } from '../data/data-stack.ts';
import { graph } from '../monitoring/graph.ts';
import { waybillMetric } from '../monitoring/metric.ts';
import { addApiAlarms } from './api-alarms.ts';
import { ApiGateway } from './api-gateway.ts';
import type { Network } from './network.ts';
import { secretVariables, webhookSecrets } from './secret-variables.ts';
import { Service } from './service.ts';
import { notificationsOf } from './webhook-data.ts';

export type ApiProps = {
  readonly context: Context;
  readonly data: DataStack;
  readonly cluster: ICluster;
  readonly network: Network;
};

/** One task may end, or its zone, and requests are still served. */
export const leastTasks = 2;

/** Percent of a task's CPU that scaling aims at: Node uses one core, and half of the rest is for a task that is lost. */
const cpuTarget = 50;

/**
 * Serves queries and takes pushed events: at least two tasks on demand, spread over the zones, more by their CPU, behind an
 * {@link ApiGateway}. Nothing but its link reaches their port.
 */
export class Api extends Construct {
  readonly service: Service;
  readonly gateway: ApiGateway;
  readonly #environment: string;

  constructor(scope: Construct, id: string, { context, data, cluster, network }: ApiProps) {
    super(scope, id);
    const { environment } = context;
    this.#environment = environment;
    // The one that uses the deployment's table of notifications: it is told on demand.
    const webhook = mainWebhook(context.webhooks);
    const notifications = notificationsOf(this, environment, webhook);
    const port = apiVariables.API_PORT.parse(undefined);
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: network.vpc,
      description: `waybill-${environment}-api: out to AWS, in only from the link of API Gateway`,
      allowAllOutbound: true,
    });
    const namespace = new PrivateDnsNamespace(this, 'Namespace', {
      name: `waybill-${environment}.internal`,
      vpc: network.vpc,
      description: 'Where API Gateway finds the tasks of the API',
    });
    this.service = new Service(this, 'Service', {
      environment,
      cluster,
      network,
      image: 'api',
      builtImages: context.images,
      size: context.apiSize,
      capacityProviderStrategies: [{ capacityProvider: 'FARGATE', weight: 1 }],
      inbound: { port, namespace, securityGroup },
      variables: {
        ...asThePoller(context.pollerVariables),
        ...webhook?.variables,
        ...context.apiVariables,
        SCAN_QUEUE_URL: data.scanQueue.queue.queueUrl,
        PARCELS_TABLE: data.parcels.tableName,
        CHECKPOINTS_TABLE: data.checkpoints.tableName,
        FAILURES_TABLE: data.failures.tableName,
        OPERATIONS_TABLE: data.operations.tableName,
        BATCHES_TABLE: data.batches.tableName,
        NOTIFICATIONS_TABLE: notifications.tableName,
        ACTIVITY_TABLE: data.activity.tableName,
      },
      secrets: {
        ...secretVariables(this, {
          API_TOKENS: context.apiCallersSecret,
          INGEST_SECRETS: context.apiPushersSecret,
        }),
        ...(webhook && webhookSecrets(this, webhook)),
      },
    });
    this.#allow(data);
    this.#allowNotifications(notifications, webhook !== undefined);
    this.service.fargate
      .autoScaleTaskCount({ minCapacity: leastTasks, maxCapacity: context.maxApiTasks })
      .scaleOnCpuUtilization('Cpu', {
        targetUtilizationPercent: cpuTarget,
        scaleOutCooldown: Duration.minutes(1),
        scaleInCooldown: Duration.minutes(10),
      });
    const { cloudMapService } = this.service.fargate;
    if (!cloudMapService) throw new Error('a service with inbound requests is registered in Cloud Map');
    this.gateway = new ApiGateway(this, 'Gateway', {
      environment,
      network,
      registry: cloudMapService,
      tasks: securityGroup,
      port,
      requestsPerSecond: context.apiRequestsPerSecond,
    });
    addApiAlarms(this, this.gateway, {
      context,
      topics: data.alarmTopics,
      leastTasks,
      runningTasks: this.service.metricRunningTasks(),
    });
  }

  /** Elements of pushes that are not valid scan events. */
  metricRejections({ label }: { readonly label: string }): Metric {
    return waybillMetric(this.#environment, 'waybill.ingestion.rejections', { statistic: 'Sum', label });
  }

  requestsWidget(): GraphWidget {
    return graph(
      'API: requests per 5 minutes',
      [this.gateway.metricRequests({ label: 'requests' })],
      [
        this.gateway.metricClientErrors({ label: '4xx' }),
        this.gateway.metricServerErrors({ label: '5xx' }),
        this.gateway.metricUnavailable({ label: '503' }),
      ],
    );
  }

  latencyWidget(): GraphWidget {
    return graph('API: latency, ms', [
      this.gateway.metricLatency({ statistic: 'p50', label: 'half of the requests' }),
      this.gateway.metricLatency({ statistic: 'p99', label: '99 %' }),
    ]);
  }

  /** What its routes call, and no more: `test/grants` runs them, `permissions.unit.test.ts` compares the actions. */
  #allow({ scanQueue, parcels, checkpoints, failures, operations, batches, activity }: DataStack): void {
    const { queue, deadLetterQueue } = scanQueue;
    this.service.allow(parcels.tableArn, [
      'dynamodb:BatchGetItem',
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:Scan',
    ]);
    // By name, also while the index is off: then the query fails, and the route says INDEX_OFF.
    this.service.allow(`${parcels.tableArn}/index/${openParcelsIndex.name}`, ['dynamodb:Query']);
    this.service.allow(checkpoints.tableArn, ['dynamodb:DescribeTable', 'dynamodb:GetItem']);
    this.service.allow(failures.tableArn, [
      'dynamodb:BatchGetItem',
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:Scan',
    ]);
    this.service.allow(`${failures.tableArn}/index/${unresolvedIndex.name}`, ['dynamodb:Query']);
    this.service.allow(operations.tableArn, [
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ]);
    this.service.allow(`${operations.tableArn}/index/${recentOperationsIndex.name}`, ['dynamodb:Query']);
    this.service.allow(batches.tableArn, [
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ]);
    this.service.allow(`${batches.tableArn}/index/${recentBatchesIndex.name}`, ['dynamodb:Query']);
    this.service.allow(activity.tableArn, ['dynamodb:Scan']);
    this.service.allow(queue.queueArn, ['sqs:GetQueueAttributes', 'sqs:SendMessage']);
    this.service.allow(deadLetterQueue.queueArn, [
      'sqs:CancelMessageMoveTask',
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ListMessageMoveTasks',
      'sqs:ReceiveMessage',
      'sqs:StartMessageMoveTask',
    ]);
  }

  /** To list and show them; to tell on demand where there is a webhook. */
  #allowNotifications({ tableArn }: ITable, isTelling: boolean): void {
    this.service.allow(tableArn, [
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:Scan',
      ...(isTelling ? ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'] : []),
    ]);
    this.service.allow(`${tableArn}/index/${unfinishedIndex.name}`, ['dynamodb:Query']);
  }
}

/** Variables that say the same to the API as to the poller, unless the context gives the API others. */
const ofBoth = ['FEED', 'LEASE_SECONDS', 'MAX_QUEUE_MESSAGES', 'MESSAGE_MAX_BYTES'];

function asThePoller(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => ofBoth.includes(name)));
}
