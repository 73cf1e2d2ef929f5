import type { Program } from '@waybill/shared/process/program.ts';
import { serviceExitCode } from '@waybill/shared/process/run-process.ts';
import { apiVariables } from './config.ts';

export const program: Program = {
  command: 'npm run api',
  says: 'Serves parcels, and takes scan events that are pushed, over HTTP. Run as many as you like, or none.',
  variables: apiVariables,
  examples: [
    { line: 'npm run api', says: 'with the variables that npm run provision prints' },
    { line: 'HTTP_PORT=8087 API_PORT=8081 npm run api', says: 'beside other processes on one machine' },
  ],
  exitCode: serviceExitCode,
  docs: ['README.md#use-it', 'docs/api.md', 'docs/configuration.md#api'],
};
