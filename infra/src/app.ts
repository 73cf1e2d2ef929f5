import { Annotations, type App, Aspects, CfnResource, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { isKnownType } from './bootstrap/deploy-actions.ts';
import { readContext } from './context/context.ts';
import { DataStack } from './data/data-stack.ts';
import { ImagesStack } from './images/image-repositories.ts';
import { NetworkStack } from './network/network-stack.ts';
import { ServicesStack } from './services/services-stack.ts';
import { tagStack, tagsOf } from './tags/tag-stack.ts';

/** Adds Waybill's stacks, as the context of `app` describes them. */
export function addStacks(app: App): void {
  const context = readContext(app.node.getAllContext());
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  Aspects.of(app).add({ visit: requireKnownType });
  // Once for each account and region, and of no environment.
  if (context.stacks === 'network') return tagStack(new NetworkStack(app, context), context.tags);
  if (context.stacks === 'images') return tagStack(new ImagesStack(app), context.tags);
  const data = new DataStack(app, context);
  tagStack(data, tagsOf(context));
  if (context.stacks === 'all') tagStack(new ServicesStack(app, { context, data }), tagsOf(context));
}

/** Every template is tried, so a type that the policy of deployments does not know is noticed before an account is. */
function requireKnownType(node: IConstruct): void {
  if (!CfnResource.isCfnResource(node) || isKnownType(node.cfnResourceType)) return;
  Annotations.of(node).addError(
    `infra/src/bootstrap/handler-actions.json does not have the type ${node.cfnResourceType}, so the policies of deployments do not allow it. Add the actions of its handlers, which CloudFormation's describe-type shows.`,
  );
}
