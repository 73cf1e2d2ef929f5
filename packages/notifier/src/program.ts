import type { Program } from '@waybill/shared/process/program.ts';
import { serviceExitCode } from '@waybill/shared/process/run-process.ts';
import { notifierVariables } from './config.ts';

export const program: Program = {
  command: 'npm run notifier',
  says: 'Tells a webhook of deliveries and pickups, signed, until it has taken each. Every webhook has a queue of its own and one or more notifiers.',
  variables: notifierVariables,
  examples: [
    { line: 'npm run notifier', says: 'with the variables that npm run provision prints' },
    { line: 'HTTP_PORT=8086 npm run notifier', says: 'beside other processes on one machine' },
  ],
  exitCode: serviceExitCode,
  docs: ['README.md#be-told', 'docs/notifications.md', 'docs/configuration.md#notifier'],
};
