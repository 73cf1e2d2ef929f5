import type { Program } from '@waybill/shared/process/program.ts';
import { serviceExitCode } from '@waybill/shared/process/run-process.ts';
import { pollerVariables } from './config.ts';

export const program: Program = {
  command: 'npm run poller',
  says: "Reads the carrier's Scan Event API page by page and puts its events on the scan queue, in packs. One poller reads a feed, further ones stand by.",
  variables: pollerVariables,
  examples: [
    {
      line: 'SCAN_API_URL=https://carrier.example/v1/scans/scanevents npm run poller',
      says: 'with the variables that npm run provision prints',
    },
    { line: 'HTTP_PORT=8084 npm run poller', says: 'beside other processes on one machine' },
  ],
  exitCode: serviceExitCode,
  docs: ['README.md#run-it', 'docs/configuration.md#poller'],
};
