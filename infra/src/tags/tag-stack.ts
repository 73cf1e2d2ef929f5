import { type Stack, Tags } from 'aws-cdk-lib';
import type { Context } from '../context/context.ts';

/** Tags of all that belongs to a deployment: the owner's, and which environment it is. */
export function tagsOf({ environment, tags }: Pick<Context, 'environment' | 'tags'>): Record<string, string> {
  return { ...tags, 'waybill:environment': environment };
}

/**
 * Tags a stack and everything in it. In the template, so that it shows them, and as tags of the stack: CloudFormation hands
 * those on to types of which the CDK does not know that they can have tags.
 */
export function tagStack(stack: Stack, tags: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(tags)) {
    stack.addStackTag(key, value);
    Tags.of(stack).add(key, value);
  }
}
