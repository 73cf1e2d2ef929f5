import { type Price, prices as pricesOfUse } from '@waybill/shared/prices.ts';

const fargatePage = 'https://aws.amazon.com/fargate/pricing/';
const cloudWatchPage = 'https://aws.amazon.com/cloudwatch/pricing/';
const provisionedPage = 'https://aws.amazon.com/dynamodb/pricing/provisioned/';
const dynamoDbPage = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';

const loadBalancingPage = 'https://aws.amazon.com/elasticloadbalancing/pricing/';
const lambdaPage = 'https://aws.amazon.com/lambda/pricing/';

/** From AWS's Price List API, as others quoted it with the usage types and the day. */
const priceList = (asOf: string) => ({ read: "quoted from AWS's Price List API", asOf });

/** Prices in us-east-1, from which the cost of a deployment is computed (docs/cost.md). */
export const prices = {
  vcpuHour: { usd: 0.03238, unit: 'vCPU-hour, Fargate ARM', page: fargatePage, ...priceList('2026-09-11') },
  memoryHour: { usd: 0.00356, unit: 'GB-hour, Fargate ARM', page: fargatePage, ...priceList('2026-09-11') },
  spotVcpuHour: {
    usd: 0.01030969,
    unit: 'vCPU-hour, Fargate Spot ARM',
    page: fargatePage,
    read: 'the data that the page is made from; it changes with supply and demand',
    asOf: '2026-09-28',
  },
  spotMemoryHour: {
    usd: 0.00113349,
    unit: 'GB-hour, Fargate Spot ARM',
    page: fargatePage,
    read: 'the data that the page is made from; it changes with supply and demand',
    asOf: '2026-09-28',
  },
  publicIpv4Hour: {
    usd: 0.005,
    unit: 'hour of a public IPv4 address',
    page: 'https://aws.amazon.com/vpc/pricing/',
    ...priceList('2026-09-28'),
  },
  ...pricesOfUse,
  tableStorage: {
    usd: 0.25,
    unit: 'GB-month in DynamoDB',
    page: dynamoDbPage,
    read: 'the page, "prices start from", in an older version',
    asOf: 'not dated',
  },
  pointInTimeRecovery: {
    usd: 0.2,
    unit: 'GB-month of point-in-time recovery',
    page: dynamoDbPage,
    read: "quoted from AWS's Price List API, for us-west-2",
    asOf: '2026, no day given',
  },
  writeCapacityHour: {
    usd: 0.00065,
    unit: 'hour of a provisioned write unit of DynamoDB',
    page: provisionedPage,
    read: 'https://wring.co/blog/aws-dynamodb-pricing-guide',
    asOf: '2026-03-08',
  },
  readCapacityHour: {
    usd: 0.00013,
    unit: 'hour of a provisioned read unit of DynamoDB',
    page: provisionedPage,
    read: 'https://wring.co/blog/aws-dynamodb-pricing-guide',
    asOf: '2026-03-08',
  },
  backupStorage: {
    usd: 0.1,
    unit: 'GB-month of a backup of DynamoDB, in AWS Backup',
    page: 'https://aws.amazon.com/backup/pricing/',
    read: 'https://www.factualminds.com/blog/aws-backup-pricing-vaults-cross-region-restores/',
    asOf: '2026-06-13',
  },
  kmsKey: {
    usd: 1,
    unit: 'month of a KMS key',
    page: 'https://aws.amazon.com/kms/pricing/',
    read: 'https://cloudburn.io/blog/aws-kms-pricing',
    asOf: '2026-03-14',
  },
  logsIngested: { usd: 0.5, unit: 'GB ingested by CloudWatch Logs', page: cloudWatchPage, ...priceList('2026-09-21') },
  logsStored: {
    usd: 0.03,
    unit: 'GB-month kept by CloudWatch Logs',
    page: cloudWatchPage,
    read: 'a list of usage types and prices (TimedStorage-ByteHrs)',
    asOf: 'not dated',
  },
  customMetric: {
    usd: 0.3,
    unit: 'month of a custom metric, of the first 10,000',
    page: cloudWatchPage,
    ...priceList('2026-09-21'),
  },
  alarmMetric: {
    usd: 0.1,
    unit: 'month of a metric in an alarm, standard resolution',
    page: cloudWatchPage,
    ...priceList('2026-09-21'),
  },
  dashboard: {
    usd: 3,
    unit: 'month of a dashboard',
    page: cloudWatchPage,
    read: 'https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/',
    asOf: '2026-06-13',
  },
  emailNotification: {
    usd: 2 / 100_000,
    unit: 'notification by e-mail',
    page: 'https://aws.amazon.com/sns/pricing/',
    read: 'https://www.factualminds.com/blog/amazon-sns-pricing-publishes-fanout-protocols/',
    asOf: '2026-06-13',
  },
  transferOut: {
    usd: 0.09,
    unit: 'GB to the internet',
    page: 'https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer',
    ...priceList('2026-09-28'),
  },
  httpApiRequest: {
    usd: 1 / 1e6,
    unit: 'request to an HTTP API of API Gateway, of the first 300 million, for each 512 KB',
    page: 'https://aws.amazon.com/api-gateway/pricing/',
    read: 'https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html',
    asOf: 'not dated',
  },
  hostedZone: {
    usd: 0.5,
    unit: 'month of a hosted zone, of the first 25',
    page: 'https://aws.amazon.com/route53/pricing/',
    read: 'https://ns1.com/resources/aws-dns',
    asOf: 'not dated',
  },
  albHour: {
    usd: 0.0225,
    unit: 'hour of an Application Load Balancer',
    page: loadBalancingPage,
    read: 'https://cloud-horizons.com/blog/alb-the-line-item-nobody-watches/',
    asOf: '2026-05-08',
  },
  lcuHour: {
    usd: 0.008,
    unit: 'hour of a capacity unit (LCU) of an Application Load Balancer',
    page: loadBalancingPage,
    read: 'https://cloud-horizons.com/blog/alb-the-line-item-nobody-watches/',
    asOf: '2026-05-08',
  },
  lambdaRequest: {
    usd: 0.2 / 1e6,
    unit: 'request to a Lambda function',
    page: lambdaPage,
    read: 'a page of prices by architecture, which quotes it',
    asOf: 'not dated',
  },
  lambdaGbSecond: {
    usd: 0.0000133334,
    unit: 'GB-second of a Lambda function, ARM',
    page: lambdaPage,
    read: 'https://cloudchipr.com/blog/aws-lambda-pricing',
    asOf: '2024, no day given',
  },
  secret: {
    usd: 0.4,
    unit: 'month of a secret',
    page: 'https://aws.amazon.com/secrets-manager/pricing/',
    read: 'https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms',
    asOf: 'not dated',
  },
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;
