import { buildInfo } from '@waybill/shared/process/build-info.ts';
import { type App, CfnOutput, Stack, Tags } from 'aws-cdk-lib';
import { CfnClusterCapacityProviderAssociations, Cluster, ContainerInsights, type ICluster } from 'aws-cdk-lib/aws-ecs';
import type { Context } from '../context/context.ts';
import { mainWebhook } from '../context/webhooks.ts';
import type { DataStack } from '../data/data-stack.ts';
import { acknowledge } from '../findings/acknowledge.ts';
import { Api } from './api.ts';
import { Dashboard } from './dashboard.ts';
import { alarmOnRefusedMetrics } from './metrics-refused.ts';
import { Network } from './network.ts';
import { Notifier } from './notifier.ts';
import { NotifySweep } from './notify-sweep.ts';
import { OperatorTask } from './operator-task.ts';
import { Poller } from './poller.ts';
import { Processor } from './processor.ts';
import { TaskRestarts } from './task-restarts.ts';

/**
 * All that can be recreated at any time: the poller and the processor on Fargate, the API and the notifiers if the context asks for them, their
 * scaling, dashboard and alarms, and the task of the operators' command line.
 */
export class ServicesStack extends Stack {
  constructor(app: App, { context, data }: { readonly context: Context; readonly data: DataStack }) {
    super(app, `waybill-${context.environment}-services`, {
      description: 'Waybill: the poller and the processor on Fargate, their scaling, dashboard and alarms',
    });
    const { environment } = context;
    const network = new Network(this, 'Network', context);
    const own = new Cluster(this, 'Cluster', {
      clusterName: `waybill-${environment}`,
      vpc: network.vpc,
      containerInsightsV2: ContainerInsights.DISABLED,
    });
    acknowledge(own, {
      'AwsSolutions-ECS4':
        'Container Insights is paid by the metric; what alarms and scaling need is in the free metrics of ECS.',
    });
    // The class implements its interface; only its optional properties are declared differently (see `network.ts`).
    const cluster = own as ICluster;
    const shared = { context, data, cluster, network };
    const apiUrl = requireApiUrl(context);
    const poller = new Poller(this, 'Poller', { ...shared, apiUrl });
    const processor = new Processor(this, 'Processor', shared);
    const api = context.api ? new Api(this, 'Api', shared) : undefined;
    const notifiers = context.webhooks.map((webhook) => {
      const notifier = new Notifier(this, `Notifier-${webhook.name}`, { ...shared, webhook });
      return { webhook, notifier };
    });
    if (context.operatorTask) {
      const props = { context, data, apiUrl };
      const main = mainWebhook(context.webhooks);
      const operators = new OperatorTask(this, 'OperatorTask', { ...props, webhook: main });
      for (const { webhook, notifier } of notifiers) {
        const operatorTask = webhook.ownTable
          ? new OperatorTask(this, `OperatorTask-${webhook.name}`, { ...props, webhook })
          : operators;
        const { notifySweep: schedule } = context;
        if (schedule !== undefined)
          new NotifySweep(this, `Sweep-${webhook.name}`, {
            environment,
            schedule,
            cluster,
            network,
            notifier,
            operatorTask,
          });
      }
    }
    // Created before the services that use them, and deleted after them. The CDK's own method does not order them.
    const capacity = new CfnClusterCapacityProviderAssociations(this, 'CapacityProviders', {
      cluster: cluster.clusterName,
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [],
    });
    for (const { service } of [poller, processor, ...(api ? [api] : []), ...notifiers.map(({ notifier }) => notifier)])
      service.fargate.node.addDependency(capacity);
    const alarms = { context, topics: data.alarmTopics };
    const restarts = new TaskRestarts(this, 'TaskRestarts', { ...alarms, cluster });
    // Each notifier has its own: one alarm does not take the logs of all of them.
    const published = [poller, processor, ...(api ? [api] : [])].map(({ service }) => service);
    alarmOnRefusedMetrics(this, published, {
      ...alarms,
      processes: api ? 'poller, processors and API' : 'poller and processors',
    });
    new Dashboard(this, 'Dashboard', {
      environment,
      data,
      poller,
      processor,
      api,
      notifiers: notifiers.map(({ notifier }) => notifier),
      restarts,
    });

    const { version } = buildInfo({});
    // Of what a new version replaces anyway: no table or queue is to be in the plan of a deployment for a tag.
    const replaced = ['AWS::ECS::Service', 'AWS::ECS::TaskDefinition'];
    Tags.of(this).add('waybill:version', version, { includeResourceTypes: replaced });
    const outputs = {
      Version: version,
      ...(context.images && { Commit: context.images.commit }),
      ClusterName: cluster.clusterName,
      PollerService: poller.service.fargate.serviceName,
      ProcessorService: processor.service.fargate.serviceName,
      ...(notifiers.length > 0 && {
        NotifierServices: notifiers.map(({ notifier }) => notifier.service.fargate.serviceName).join(' '),
      }),
      ...(api && { ApiUrl: api.gateway.url, ApiService: api.service.fargate.serviceName }),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}

function requireApiUrl({ apiUrl }: Context): string {
  if (apiUrl === undefined) throw new Error('The services need an apiUrl, which readContext requires for them');
  return apiUrl;
}
