import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readContext } from './context.ts';
import { DataStack } from './data/data-stack.ts';
import { ServicesStack } from './services/services-stack.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
const context = readContext((key) => app.node.tryGetContext(key));
const data = new DataStack(app, context);
if (context.stacks === 'all') new ServicesStack(app, { context, data });
