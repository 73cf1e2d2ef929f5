import { type App, Stack } from 'aws-cdk-lib';
import type { Context } from '../context.ts';
import type { DataStack } from '../data/data-stack.ts';

/** What can be made anew at any time: the poller and the processor on Fargate, their scaling, dashboard and alarms. */
export class ServicesStack extends Stack {
  constructor(app: App, props: { readonly context: Context; readonly data: DataStack }) {
    super(app, `waybill-${props.context.environment}-services`);
  }
}
