import { serviceProgram } from '@waybill/shared/process/service-program.ts';
import { notifierVariables } from './config.ts';

export const program = serviceProgram({
  name: 'notifier',
  says: 'Tells a webhook of deliveries and pickups, signed, until it has taken each. Every webhook has a queue of its own and one or more notifiers.',
  variables: notifierVariables,
  ports: 'HTTP_PORT=8086',
  docs: ['README.md#be-told', 'docs/notifications.md', 'docs/configuration.md#notifier'],
});
