import { serviceProgram } from '@waybill/shared/process/service-program.ts';
import { pollerVariables } from './config.ts';

export const program = serviceProgram({
  name: 'poller',
  says: "Reads the carrier's Scan Event API page by page and puts its events on the scan queue, in packs. One poller reads a feed, further ones stand by.",
  variables: pollerVariables,
  needs: 'SCAN_API_URL=https://carrier.example/v1/scans/scanevents',
  ports: 'HTTP_PORT=8084',
  docs: ['README.md#run-it', 'docs/configuration.md#poller'],
});
