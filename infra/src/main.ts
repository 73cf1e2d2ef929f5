import { App } from 'aws-cdk-lib';
import { addStacks } from './app.ts';
import { isContextError } from './context/context.ts';

try {
  addStacks(new App());
} catch (error) {
  if (!isContextError(error)) throw error;
  // The lines say everything; a stack trace would hide them.
  console.error(error.message);
  // Not exitCode: the CDK synthesizes every existing app when the process ends.
  process.exit(2);
}
