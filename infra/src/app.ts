import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
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
  // Once for each account and region, and of no environment.
  if (context.stacks === 'network') return tagStack(new NetworkStack(app, context), context.tags);
  if (context.stacks === 'images') return tagStack(new ImagesStack(app), context.tags);
  const data = new DataStack(app, context);
  tagStack(data, tagsOf(context));
  if (context.stacks === 'all') tagStack(new ServicesStack(app, { context, data }), tagsOf(context));
}
