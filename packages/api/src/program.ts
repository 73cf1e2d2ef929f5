import { serviceProgram } from '@waybill/shared/process/service-program.ts';
import { apiVariables } from './config.ts';

export const program = serviceProgram({
  name: 'api',
  says: 'Serves parcels, and takes scan events that are pushed, over HTTP. Run as many as you like, or none.',
  variables: apiVariables,
  ports: 'HTTP_PORT=8087 API_PORT=8081',
  docs: ['README.md#use-it', 'docs/api.md', 'docs/configuration.md#api'],
});
