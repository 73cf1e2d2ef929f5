import { Aws } from 'aws-cdk-lib';
import { CfnRole, type IRole } from 'aws-cdk-lib/aws-iam';

/**
 * Lets ECS take a role for tasks of this account and region alone (the "confused deputy": AWS's page "Amazon ECS task IAM
 * role" names these conditions). The CDK makes both roles of a task itself and has no option for it.
 */
export function trustOwnTasks(role: IRole): void {
  const resource = role.node.defaultChild;
  if (!(resource instanceof CfnRole)) throw new Error(`${role.node.path} is not a role of this stack`);
  resource.addPropertyOverride('AssumeRolePolicyDocument.Statement.0.Condition', {
    StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
    ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:ecs:${Aws.REGION}:${Aws.ACCOUNT_ID}:*` },
  });
}
