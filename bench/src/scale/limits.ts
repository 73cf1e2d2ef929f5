const aws = 'https://docs.aws.amazon.com';

/** A limit of AWS, and the page that has it. `adjustable` is empty where nothing was found about it. */
export type Limit = {
  readonly what: string;
  readonly limit: string;
  readonly adjustable: string;
  readonly page: string;
};

/** Write units per second that a new on-demand table takes at once. */
export const warmOfNewTable = 4_000;
/** Write units per second of one on-demand table, by default. */
export const tableQuota = 40_000;

/** The day on which stored copies of AWS's pages were read. */
export const limitsRead = '2026-11-21';

export const limits: readonly Limit[] = [
  {
    what: 'SQS, calls of a standard queue',
    limit: 'nearly unlimited, for each action',
    adjustable: '',
    page: `${aws}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html`,
  },
  {
    what: 'SQS, messages in flight',
    limit: 'about 120,000',
    adjustable: '',
    page: `${aws}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html`,
  },
  {
    what: 'SQS, messages waiting',
    limit: 'unlimited',
    adjustable: '',
    page: `${aws}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html`,
  },
  {
    what: 'DynamoDB, a new on-demand table',
    limit: `${warmOfNewTable.toLocaleString('en-US')} write units per second`,
    adjustable: 'warm throughput can be raised beforehand',
    page: `${aws}/amazondynamodb/latest/developerguide/warm-throughput.html`,
  },
  {
    what: 'DynamoDB, growth of an on-demand table',
    limit: 'twice its former peak; more than that within 30 minutes may be throttled',
    adjustable: 'warm throughput',
    page: `${aws}/amazondynamodb/latest/developerguide/pre-warming-on-demand-capacity-mode.html`,
  },
  {
    what: 'DynamoDB, one on-demand table',
    limit: `${tableQuota.toLocaleString('en-US')} write units per second`,
    adjustable: 'yes',
    page: `${aws}/amazondynamodb/latest/developerguide/Limits.html`,
  },
  {
    what: 'DynamoDB, one partition, so one parcel',
    limit: '1,000 write units per second',
    adjustable: 'no',
    page: `${aws}/amazondynamodb/latest/developerguide/bp-partition-key-design.html`,
  },
  {
    what: 'DynamoDB, one partition of an index, so one of the `open-parcels`',
    limit: '1,000 write units per second',
    adjustable: 'no',
    page: `${aws}/amazondynamodb/latest/developerguide/bp-partition-key-design.html`,
  },
  {
    what: 'Fargate, tasks started for one service',
    limit: '500 per minute',
    adjustable: 'no',
    page: `${aws}/AmazonECS/latest/developerguide/service-quotas.html`,
  },
  {
    what: 'Fargate, tasks started in an account and Region',
    limit: 'a burst of 100, then 20 per second; separately on demand and on Spot',
    adjustable: '',
    page: `${aws}/AmazonECS/latest/developerguide/throttling.html`,
  },
  {
    what: 'Fargate, vCPUs running in an account and Region',
    limit: 'a quota of each account, low in new accounts (see the Service Quotas console)',
    adjustable: 'yes',
    page: `${aws}/AmazonECS/latest/developerguide/service-quotas.html`,
  },
];

/** The day on which stored copies of the pages of {@link accountLimits} were read. */
export const accountLimitsRead = '2026-11-29';

/** A limit of what an account may have in a region, and what one environment takes of it. */
export type AccountLimit = Limit & { readonly taken: string };

/** The limits that several environments in one account and region meet, the lowest number of environments first. */
export const accountLimits: readonly AccountLimit[] = [
  {
    what: 'VPCs',
    limit: '5, the default VPC included',
    adjustable: 'yes',
    page: `${aws}/vpc/latest/userguide/amazon-vpc-limits.html`,
    taken: '1; none with `network=shared` or `vpc`',
  },
  {
    what: 'internet gateways',
    limit: '5',
    adjustable: 'with the VPCs',
    page: `${aws}/vpc/latest/userguide/amazon-vpc-limits.html`,
    taken: '1; none with `network=shared` or `vpc`',
  },
  {
    what: 'resource policies of CloudWatch Logs',
    limit: '10',
    adjustable: 'no',
    page: `${aws}/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html`,
    taken: '1, for the log of ended tasks',
  },
  {
    what: 'gateway endpoints',
    limit: '20',
    adjustable: 'yes',
    page: `${aws}/vpc/latest/privatelink/vpc-limits-endpoints.html`,
    taken: '2; none with `network=shared` or `vpc`',
  },
  {
    what: 'VPC links of HTTP APIs',
    limit: '10',
    adjustable: 'yes',
    page: `${aws}/apigateway/latest/developerguide/http-api-quotas.html`,
    taken: '1 with `api`',
  },
  {
    what: 'Elastic IP addresses',
    limit: '5',
    adjustable: 'yes',
    page: `${aws}/vpc/latest/userguide/amazon-vpc-limits.html`,
    taken: 'none: addresses of tasks come and go with them',
  },
  {
    what: 'vCPUs of Fargate that run',
    limit: 'a quota of each account, low in new accounts; on demand and Spot apart',
    adjustable: 'yes',
    page: `${aws}/AmazonECS/latest/developerguide/service-quotas.html`,
    taken:
      '0.25 for each poller, processor, notifier and task of the API at its default size, twice that while a deployment runs',
  },
  {
    what: 'scalable targets of Application Auto Scaling, for ECS',
    limit: '3,000',
    adjustable: 'yes',
    page: `${aws}/autoscaling/application/userguide/application-auto-scaling-quotas.html`,
    taken: '1, and 1 for the API and for each webhook',
  },
];
