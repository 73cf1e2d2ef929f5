import { Stack } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { addStacks } from '../app.ts';
import { synthesize } from '../synthesis/synthesize.ts';
import { actionsOf, deployActions, isKnownType } from './deploy-actions.ts';
import { deployPolicies } from './deploy-policy.ts';
import handlerActions from './handler-actions.json' with { type: 'json' };

const policies = Object.entries(deployPolicies());
const statements = policies.flatMap(([, { Statement }]) => Statement);

/** Characters of a managed policy without white space (IAM, "IAM and AWS STS quotas"). */
const mostCharacters = 6_144;

describe('the policies of deployments', () => {
  it.each(policies)('%s is the file that cdk bootstrap is given', async (name, policy) => {
    await expect(`${JSON.stringify(policy, null, 2)}\n`).toMatchFileSnapshot(`../../bootstrap/${name}.json`);
  });

  it.each(policies)('%s is not longer than IAM takes', (_, policy) => {
    expect(JSON.stringify(policy).length).toBeLessThanOrEqual(mostCharacters);
  });

  it('allow each action of a handler that is needed, once, and nothing else', () => {
    expect(statements.flatMap(({ Action }) => Action).toSorted()).toEqual(deployActions());
  });

  it('allow no action by a pattern', () => {
    expect(deployActions().filter((action) => !/^[a-z0-9-]+:[A-Za-z]+$/.test(action))).toEqual([]);
  });

  it('leave no type without an action to create it', () => {
    for (const type of Object.keys(handlerActions))
      expect([
        type,
        actionsOf(type).some((action) =>
          /:(Create|Put|Register|Run|Attach|Associate|Authorize|Set|Subscribe|POST)/.test(action),
        ),
      ]).toEqual([type, true]);
  });

  it('read and write no item of a table and no message', () => {
    expect(
      deployActions().filter((action) =>
        /^(dynamodb:(\w*Item|Query|Scan)|sqs:\w*Message\w*|s3:|secretsmanager:)/.test(action),
      ),
    ).toEqual([]);
  });

  it('reach roles and policies of Waybill alone, and pass roles to named services alone', () => {
    for (const { Action, Resource, Condition } of statements.filter(({ Action }) =>
      Action.some((each) => each.startsWith('iam:')),
    )) {
      for (const resource of Resource)
        expect(resource).toMatch(/^arn:aws:iam::\*:(role|policy)\/(waybill-|aws-service-role\/)\*$/);
      const isNarrowed = Action.some((action) =>
        /:(PassRole|CreateServiceLinkedRole|(Attach|Detach)RolePolicy)$/.test(action),
      );
      expect([Action, Condition]).toEqual([Action, isNarrowed ? expect.any(Object) : undefined]);
    }
  });
});

describe('a synth', () => {
  it('fails for a type that the policies do not allow', () => {
    const { findings, stacks } = synthesize({ stacks: 'images' }, (app) => {
      addStacks(app);
      new CfnBucket(new Stack(app, 'other'), 'Bucket');
    });
    expect(findings).toContainEqual(
      expect.stringMatching(/handler-actions\.json does not have the type AWS::S3::Bucket/),
    );
    expect(stacks).toEqual([]);
  });

  it('knows what CloudFormation does itself', () => {
    expect(
      ['AWS::CDK::Metadata', 'AWS::CloudFormation::WaitConditionHandle', 'AWS::S3::Bucket'].map(isKnownType),
    ).toEqual([true, true, false]);
  });
});
