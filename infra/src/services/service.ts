import { cloudWatchNamespace } from '@waybill/shared/metrics.ts';
import { commonVariables } from '@waybill/shared/process/process-config.ts';
import { Duration, Size, Stack } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type ISecurityGroup, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AwsLogDriverMode,
  type CapacityProviderStrategy,
  type CloudMapOptions,
  FargatePlatformVersion,
  FargateService,
  type FargateTaskDefinition,
  type ICluster,
  LogDrivers,
  PropagatedTagSource,
  type Secret,
} from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DnsRecordType, type INamespace } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import { confinedContainer, fargateTask, policiesOf, type TaskProps, taskLogs, taskName } from './fargate-task.ts';
import { forcedByStrategy } from './forced-deployment.ts';
import type { Network } from './network.ts';

/** Seconds between the time after which a process gives up its stop and the time at which Fargate kills it. */
const stopMarginSeconds = 10;

export type Inbound = {
  readonly port: number;
  readonly securityGroup: ISecurityGroup;
  /** Of Cloud Map: healthy tasks are registered there, with address and port. */
  readonly namespace: INamespace;
};

export type ServiceProps = TaskProps & {
  readonly cluster: ICluster;
  readonly network: Network;
  readonly image: 'poller' | 'processor' | 'api' | 'notifier';
  readonly capacityProviderStrategies: readonly CapacityProviderStrategy[];
  /** Undefined: scaling decides, starting with one; a deployment does not change it. */
  readonly desiredCount?: number;
  /** The port to which requests come, for those whom its security group lets in. Without it nothing comes in. */
  readonly inbound?: Inbound;
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, Secret>>;
};

/**
 * One of Waybill's processes on Fargate: ARM64, a read-only file system, no inbound traffic but to a port that it names, a health check by `/livez`, and
 * more time to stop than the process itself takes. A deployment starts the new tasks before it stops the old ones, and is
 * rolled back when the new ones are not healthy.
 */
export class Service extends Construct {
  readonly fargate: FargateService;
  readonly logGroup: LogGroup;
  readonly #task: FargateTaskDefinition;
  readonly #name: string;

  constructor(scope: Construct, id: string, props: ServiceProps) {
    super(scope, id);
    const { environment, image } = props;
    this.#name = taskName(props);
    const name = `waybill-${environment}-${this.#name}`;
    this.logGroup = taskLogs(this, props);
    this.#task = fargateTask(this, props);
    this.#task.addContainer(image, this.#container(props));
    this.fargate = new FargateService(this, 'Service', {
      serviceName: name,
      cluster: props.cluster,
      taskDefinition: this.#task,
      platformVersion: FargatePlatformVersion.VERSION1_4,
      capacityProviderStrategies: [...props.capacityProviderStrategies],
      forceNewDeployment: forcedByStrategy(props.capacityProviderStrategies),
      ...(props.desiredCount !== undefined && { desiredCount: props.desiredCount }),
      // Old tasks stop when the new ones are healthy, so the last processor is never stopped. Of two pollers one stands by
      // until the lease is released.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      // Tasks have the tags of their service, and those of ECS that name service and cluster: costs are told apart by them.
      propagateTags: PropagatedTagSource.SERVICE,
      enableECSManagedTags: true,
      assignPublicIp: props.network.assignPublicIp,
      vpcSubnets: props.network.subnets,
      securityGroups: [props.inbound?.securityGroup ?? outboundOnly(this, props.network, name)],
      ...(props.inbound && { cloudMapOptions: registration(props.inbound, image) }),
    });
    // Without a route to the internet, or the right to pull its image and read its secrets, no task starts, and the circuit
    // breaker would end the first deployment.
    const { vpc, subnets } = props.network;
    this.fargate.node.addDependency(vpc.selectSubnets(subnets).internetConnectivityEstablished, policiesOf(this.#task));
  }

  #container({ environment, image, builtImages, webhook, variables, secrets = {}, inbound }: ServiceProps) {
    const stopSeconds = commonVariables.STOP_TIMEOUT_SECONDS.parse(variables['STOP_TIMEOUT_SECONDS']);
    return {
      ...confinedContainer(this, { image, builtImages }),
      environment: {
        ...variables,
        AWS_REGION: Stack.of(this).region,
        CLOUDWATCH_NAMESPACE: cloudWatchNamespace(environment, webhook),
      },
      secrets: { ...secrets },
      ...(inbound && { portMappings: [{ containerPort: inbound.port }] }),
      stopTimeout: Duration.seconds(stopSeconds + stopMarginSeconds),
      // The image has the same HEALTHCHECK, which ECS does not read. This one is slower: a quarter of a core starts Node slowly.
      healthCheck: {
        command: ['CMD', 'node', 'livez.mjs'],
        interval: Duration.seconds(30),
        timeout: Duration.seconds(10),
        startPeriod: Duration.seconds(60),
        retries: 3,
      },
      logging: LogDrivers.awsLogs({
        logGroup: this.logGroup,
        streamPrefix: image,
        // While CloudWatch Logs is not available, a blocking driver would stop the process at its next line.
        mode: AwsLogDriverMode.NON_BLOCKING,
        maxBufferSize: Size.mebibytes(10),
      }),
    };
  }

  /** Allows the process these actions on this one resource. */
  allow(resourceArn: string, actions: readonly string[]): void {
    this.#task.addToTaskRolePolicy(new PolicyStatement({ actions: [...actions], resources: [resourceArn] }));
  }

  /** Tasks that ran in each minute: Fargate sends one sample per task and minute (docs/decisions/0056-backlog-scaling.md). */
  metricRunningTasks(options?: MetricOptions): Metric {
    return this.fargate.metricCpuUtilization({
      statistic: 'SampleCount',
      period: Duration.minutes(1),
      ...options,
    });
  }

  metricLoggedBytes(): Metric {
    return this.logGroup.metricIncomingBytes({
      label: this.#name,
      period: Duration.hours(1),
      // The CDK leaves the dimension out, and the graph would show the sum of the whole account.
      dimensionsMap: { LogGroupName: this.logGroup.logGroupName },
    });
  }

  /** CPU and memory of the busiest task, percent. */
  metricsOfLoad(): Metric[] {
    return [
      this.fargate.metricCpuUtilization({ label: `${this.#name} CPU`, statistic: 'Maximum' }),
      this.fargate.metricMemoryUtilization({ label: `${this.#name} memory`, statistic: 'Maximum' }),
    ];
  }
}

/** API Gateway finds tasks of ECS by SRV records only ("private integrations for HTTP APIs"): an A record has no port. */
function registration({ namespace, port }: Inbound, name: string): CloudMapOptions {
  return {
    cloudMapNamespace: namespace,
    name,
    containerPort: port,
    dnsRecordType: DnsRecordType.SRV,
    dnsTtl: Duration.seconds(10),
  };
}

function outboundOnly(scope: Construct, { vpc }: Network, name: string): ISecurityGroup {
  return new SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: `${name}: out to the Scan Event API and AWS, nothing in`,
    allowAllOutbound: true,
  });
}
