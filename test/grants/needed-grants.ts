import { z } from 'zod';
import type { EngineCall } from './engine-calls.ts';

/** What IAM asks before a call is allowed. */
export type NeededGrant = {
  readonly action: string;
  /** `waybill-parcels`, `waybill-failures/index/unresolved`, `waybill-scans-dlq`: without what a deployment puts before it. */
  readonly resource: string;
  /** Of a call to DynamoDB: the attributes that it names (`dynamodb:Attributes`), and `dynamodb:Select`. */
  readonly attributes?: readonly string[];
  readonly select?: string;
};

const expressions = ['ProjectionExpression', 'FilterExpression', 'KeyConditionExpression'] as const;
const reading = z.object({
  TableName: z.string(),
  IndexName: z.string().optional(),
  Select: z.string().optional(),
  Key: z.record(z.string(), z.unknown()).optional(),
  Keys: z.array(z.record(z.string(), z.unknown())).optional(),
  ProjectionExpression: z.string().optional(),
  FilterExpression: z.string().optional(),
  KeyConditionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
});
const batch = z.object({ RequestItems: z.record(z.string(), z.looseObject({})) });
const ofQueue = z.object({
  QueueUrl: z.string().optional(),
  QueueName: z.string().optional(),
  SourceArn: z.string().optional(),
});

/** The grants that a call needs (Service Authorization Reference of SQS and of DynamoDB). */
export function neededGrants({ service, operation, input }: EngineCall): readonly NeededGrant[] {
  if (service === 'sqs') {
    const { QueueUrl, QueueName, SourceArn } = ofQueue.parse(input);
    const name = QueueUrl ?? QueueName ?? SourceArn ?? '*';
    return [{ action: `sqs:${operation.replace(/Batch$/, '')}`, resource: ownName(name) }];
  }
  const action = `dynamodb:${operation}`;
  if (operation === 'BatchGetItem')
    return Object.entries(batch.parse(input).RequestItems).map(([TableName, request]) =>
      readingGrant(action, reading.parse({ TableName, ...request })),
    );
  return [readingGrant(action, reading.parse(input))];
}

function readingGrant(action: string, asked: z.infer<typeof reading>): NeededGrant {
  const { TableName, IndexName, ProjectionExpression, ExpressionAttributeNames, Keys = [], Key = {} } = asked;
  const named = expressions.flatMap((each) => namesIn(asked[each] ?? ''));
  const keys = [Key, ...Keys].flatMap((key) => Object.keys(key));
  const byDefault = IndexName === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES';
  return {
    action,
    resource: ownName(TableName) + (IndexName === undefined ? '' : `/index/${IndexName}`),
    attributes: [...new Set([...named.map((name) => ExpressionAttributeNames[name] ?? name), ...keys])],
    select: asked.Select ?? (ProjectionExpression === undefined ? byDefault : 'SPECIFIC_ATTRIBUTES'),
  };
}

/** The end of a URL, an ARN or a name, from `waybill-` on. */
function ownName(name: string): string {
  return /waybill-[a-z-]+$/.exec(name)?.[0] ?? name;
}

const words =
  /^(AND|OR|NOT|BETWEEN|IN|attribute_exists|attribute_not_exists|attribute_type|begins_with|contains|size)$/i;

/** The attributes that an expression names, or their placeholders; no values, functions or operators. */
function namesIn(expression: string): string[] {
  return [...expression.matchAll(/(?<![:\w])#?[A-Za-z_]\w*/g)].flatMap(([name]) => (words.test(name) ? [] : [name]));
}
