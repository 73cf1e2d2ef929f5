import { App } from 'aws-cdk-lib';
import { addStacks } from './app.ts';
import { isContextError } from './context/context.ts';

try {
  addStacks(new App());
} catch (error) {
  if (!isContextError(error)) throw error;
  // The lines say it all; a stack trace would bury them.
  console.error(error.message);
  // Not exitCode: the CDK synthesizes an app that is there when the process ends.
  process.exit(2);
}
