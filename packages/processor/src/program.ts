import { serviceProgram } from '@waybill/shared/process/service-program.ts';
import { processorVariables } from './config.ts';

export const program = serviceProgram({
  name: 'processor',
  says: "Receives scan events from the queue and writes each parcel's state to DynamoDB. Run as many as you like.",
  variables: processorVariables,
  ports: 'HTTP_PORT=8085',
  docs: ['README.md#run-it', 'docs/configuration.md#processor'],
});
