import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readContext } from './context/context.ts';
import { DataStack } from './data/data-stack.ts';
import { ImagesStack } from './images/image-repositories.ts';
import { ServicesStack } from './services/services-stack.ts';
import { tagStack, tagsOf } from './tags/tag-stack.ts';

/** Adds Waybill's stacks, as the context of `app` describes them. */
export function addStacks(app: App): void {
  const context = readContext(app.node.getAllContext());
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  if (context.stacks === 'images') {
    new ImagesStack(app);
    return;
  }
  const data = new DataStack(app, context);
  tagStack(data, tagsOf(context));
  if (context.stacks === 'all') tagStack(new ServicesStack(app, { context, data }), tagsOf(context));
}
