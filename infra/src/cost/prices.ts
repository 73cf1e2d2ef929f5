import { type Price, prices as pricesOfUse } from '@waybill/shared/prices.ts';

const fargatePage = 'https://aws.amazon.com/fargate/pricing/';
const cloudWatchPage = 'https://aws.amazon.com/cloudwatch/pricing/';
const dynamoDbPage = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';

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
  secret: {
    usd: 0.4,
    unit: 'month of a secret',
    page: 'https://aws.amazon.com/secrets-manager/pricing/',
    read: 'https://hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms',
    asOf: 'not dated',
  },
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;
