/** A list price of AWS, without free tier, discounts or tax. */
export type Price = {
  /** US dollars for one `unit`. */
  readonly usd: number;
  readonly unit: string;
  /** AWS's page with the price. Its figures are filled in by script, so not every price was read there. */
  readonly page: string;
  /** Where the figure was read, and its date. */
  readonly read: string;
  readonly asOf: string;
};

const dynamoDbPage = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';

/**
 * Prices in us-east-1 of what the processes count (`waybill.cost.spent`). A deployment's other prices are in
 * `infra/src/cost/prices.ts`.
 */
export const prices = {
  sqsRequest: {
    usd: 0.4 / 1e6,
    unit: 'SQS request, standard queue, up to 64 KiB',
    page: 'https://aws.amazon.com/sqs/pricing/',
    read: "quoted from AWS's Price List API",
    asOf: '2026-09-21',
  },
  writeUnit: {
    usd: 0.625 / 1e6,
    unit: 'DynamoDB write request unit, on demand',
    page: dynamoDbPage,
    read: 'https://airbyte.com/data-engineering-resources/dynamodb-pricing',
    asOf: '2025-07-21',
  },
  readUnit: {
    usd: 0.125 / 1e6,
    unit: 'DynamoDB read request unit, on demand',
    page: dynamoDbPage,
    read: 'https://airbyte.com/data-engineering-resources/dynamodb-pricing',
    asOf: '2025-07-21',
  },
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;
