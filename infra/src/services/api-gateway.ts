import { cloudWatchNamespace } from '@waybill/shared/metrics.ts';
import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpStage, LogGroupLogDestination, VpcLink } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpServiceDiscoveryIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type ISecurityGroup, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { FilterPattern, LogGroup, MetricFilter, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IService } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import { acknowledge } from '../findings/acknowledge.ts';
import type { Network } from './network.ts';

export type ApiGatewayProps = {
  readonly environment: string;
  readonly network: Network;
  /** Where the tasks are registered, with address and port. */
  readonly registry: IService;
  /** Of the tasks, and their port. */
  readonly tasks: ISecurityGroup;
  readonly port: number;
  /** Requests per second of all callers together; beyond them API Gateway answers 429. */
  readonly requestsPerSecond: number;
};

/**
 * What an access log has of a request (HTTP API, "Logging variables"): no header, so no token; `path` is without the query;
 * no body. Values are text, or `-` where there is none.
 */
const accessLogFields = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  /** Of the task; differs where API Gateway itself answers. */
  integrationStatus: '$context.integrationStatus',
  error: '$context.integrationErrorMessage',
  bytes: '$context.responseLength',
  ms: '$context.responseLatency',
  integrationMs: '$context.integrationLatency',
} as const;

/**
 * The way from the internet to the tasks of the API: TLS on a name of AWS's, throttling, a log of accesses, and a link into
 * the VPC (docs/decisions/0140-http-api-with-a-vpc-link.md). A request may take 30 s and its body 10 MB (API Gateway's
 * quotas of HTTP APIs).
 */
export class ApiGateway extends Construct {
  readonly url: string;
  readonly #api: HttpApi;
  readonly #unavailable: MetricFilter;

  constructor(scope: Construct, id: string, props: ApiGatewayProps) {
    super(scope, id);
    const { environment, network, registry, tasks, port, requestsPerSecond } = props;
    const name = `waybill-${environment}`;
    const linkGroup = new SecurityGroup(this, 'LinkGroup', {
      vpc: network.vpc,
      description: `${name}: from API Gateway to the tasks of the API, nothing else`,
      allowAllOutbound: false,
    });
    linkGroup.connections.allowTo(tasks, Port.tcp(port), 'requests');
    const link = new VpcLink(this, 'Link', {
      vpcLinkName: name,
      vpc: network.vpc,
      subnets: network.subnets,
      securityGroups: [linkGroup],
    });
    this.#api = new HttpApi(this, 'Api', {
      apiName: name,
      description: 'Waybill: queries and push ingestion',
      createDefaultStage: false,
      defaultIntegration: new HttpServiceDiscoveryIntegration('Tasks', registry, { vpcLink: link }),
    });
    acknowledge(this.#api, {
      'AwsSolutions-APIG4':
        'The process itself lets in by token or signature, and answers everybody else with 401. An authorizer would be a second list of callers, and could not check signatures over the body.',
    });
    const logGroup = new LogGroup(this, 'AccessLog', {
      logGroupName: `/waybill/${environment}/api-access`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.#api,
      // With any other name the name would be part of each path.
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: requestsPerSecond, burstLimit: 2 * requestsPerSecond },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
      },
    });
    this.url = this.#api.apiEndpoint;
    this.#unavailable = new MetricFilter(this, 'Unavailable', {
      logGroup,
      filterPattern: FilterPattern.stringValue('$.status', '=', '503'),
      metricNamespace: cloudWatchNamespace(environment),
      metricName: 'waybill.api.unavailable',
      metricValue: '1',
    });
    this.#unavailable.node.addDependency(stage);
  }

  metricRequests(options?: MetricOptions): Metric {
    return this.#api.metricCount({ statistic: 'Sum', ...options });
  }

  metricServerErrors(options?: MetricOptions): Metric {
    return this.#api.metricServerError({ statistic: 'Sum', ...options });
  }

  metricClientErrors(options?: MetricOptions): Metric {
    return this.#api.metricClientError({ statistic: 'Sum', ...options });
  }

  /** Milliseconds from the last byte of the request to the last of the answer, as API Gateway sees it. */
  metricLatency(options: MetricOptions & { readonly statistic: 'p50' | 'p99' }): Metric {
    return this.#api.metricLatency(options);
  }

  /** Answers 503: the API's own, and API Gateway's when it reaches no task. */
  metricUnavailable(options?: MetricOptions): Metric {
    return this.#unavailable.metric({ statistic: 'Sum', ...options });
  }
}
