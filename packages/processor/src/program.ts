import type { Program } from '@waybill/shared/process/program.ts';
import { serviceExitCode } from '@waybill/shared/process/run-process.ts';
import { processorVariables } from './config.ts';

export const program: Program = {
  command: 'npm run processor',
  says: "Receives scan events from the queue and writes each parcel's state to DynamoDB. Run as many as you like.",
  variables: processorVariables,
  examples: [
    { line: 'npm run processor', says: 'with the variables that npm run provision prints' },
    { line: 'HTTP_PORT=8085 npm run processor', says: 'beside other processes on one machine' },
  ],
  exitCode: serviceExitCode,
  docs: ['README.md#run-it', 'docs/configuration.md#processor'],
};
