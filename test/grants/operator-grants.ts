import { resourcesOf } from '@waybill/infra/synthesis/resources.ts';
import { type SynthesizedStack, stackOf, synthesize } from '@waybill/infra/synthesis/synthesize.ts';
import { z } from 'zod';
import type { NeededGrant } from './needed-grants.ts';

export const policyNames = [
  'observer',
  'redrive',
  'failures',
  'checkpoint',
  'replay',
  'repair',
  'notify',
  'parcelsReader',
] as const;

export type PolicyName = (typeof policyNames)[number];

/** One action on one resource that a policy allows, as {@link NeededGrant} names them. */
export type Grant = {
  readonly policy: PolicyName;
  readonly action: string;
  readonly resource: string;
  /** The attributes that may be named, where not all. */
  readonly attributes: readonly string[] | undefined;
};

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const onlyAttributes = z.strictObject({
  'ForAllValues:StringEquals': z.strictObject({ 'dynamodb:Attributes': z.array(z.string()) }),
  StringEqualsIfExists: z.strictObject({ 'dynamodb:Select': z.literal('SPECIFIC_ATTRIBUTES') }),
});
const policy = z.object({
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({
        Effect: z.literal('Allow'),
        Action: texts,
        Resource: texts,
        Condition: onlyAttributes.optional(),
      }),
    ),
  }),
});

/** The only webhook, whose queue has no name here, as the provisioner makes it. */
const webhooks = [{ name: 'shop', url: 'https://shop.example/hook', secretsName: 'shop/signing' }];

/** All that the operators' policies of the data stack allow. */
export function operatorGrants(): readonly Grant[] {
  const stack = stackOf(synthesize({ environment: 'test', stacks: 'data', webhooks }), 'data');
  const nameOf = namesIn(stack);
  return [...resourcesOf(stack, 'AWS::IAM::ManagedPolicy')].flatMap(([id, properties]) => {
    const name = id.replace(/^Operators/, '');
    const found = policyNames.find((each) => each.toLowerCase() === name.toLowerCase());
    if (!found) throw new Error(`${id} is none of the policies that the tests know`);
    return policy.parse(properties).PolicyDocument.Statement.flatMap(({ Action, Resource, Condition }) =>
      Action.flatMap((action) =>
        Resource.map((resource) => ({
          policy: found,
          action,
          resource: nameOf(resource),
          attributes: Condition?.['ForAllValues:StringEquals']['dynamodb:Attributes'],
        })),
      ),
    );
  });
}

/** Whether a grant allows a call, as IAM evaluates its condition. */
export function allows(grant: Omit<Grant, 'policy'>, needed: NeededGrant): boolean {
  if (grant.action !== needed.action || (grant.resource !== needed.resource && grant.resource !== '*')) return false;
  const { attributes } = grant;
  if (!attributes) return true;
  return (
    needed.select === 'SPECIFIC_ATTRIBUTES' && (needed.attributes ?? []).every((name) => attributes.includes(name))
  );
}

/** All that the role of the API's tasks allows. */
export function apiGrants(): readonly Omit<Grant, 'policy'>[] {
  const synthesized = synthesize({
    environment: 'test',
    apiUrl: 'https://carrier.example/v1/scans/scanevents',
    api: true,
    apiCallersSecret: 'waybill/callers',
    webhooks,
  });
  const nameOf = namesIn(stackOf(synthesized, 'data'));
  const policies = resourcesOf(stackOf(synthesized, 'services'), 'AWS::IAM::Policy').values();
  return [...policies]
    .filter(({ Roles }) => JSON.stringify(Roles) === '["<ApiServiceTaskTaskRole>"]')
    .flatMap((properties) => policy.parse(properties).PolicyDocument.Statement)
    .flatMap(({ Action, Resource }) =>
      Action.flatMap((action) =>
        Resource.map((resource) => ({ action, resource: nameOf(resource), attributes: undefined })),
      ),
    );
}

/** Turns a reference to an ARN of the data stack, or an ARN that is made of a name, into the name of a queue or table, without the environment. */
function namesIn(data: SynthesizedStack): (arn: string) => string {
  const names = new Map(
    ['AWS::SQS::Queue', 'AWS::DynamoDB::Table'].flatMap((type) =>
      [...resourcesOf(data, type)].map(([id, { QueueName, TableName }]) => [
        `<${id}.Arn>`,
        String(QueueName ?? TableName),
      ]),
    ),
  );
  return (arn) =>
    arn
      .replace(/^<[^>]+>/, (reference) => names.get(reference) ?? reference)
      .replace(/^(arn:.*[:/])?test-/, '')
      .replace(/-shop(?=-dlq$|$)/, '');
}
