import { contextKey, flag, oneOf } from './context-key.ts';
import { imagesKey } from './images-key.ts';

/** What is deployed. */
export const deploymentKeys = {
  environment: contextKey({
    meaning: 'part of every name; one environment mirrors one feed',
    allowed: '1–16 of `a-z`, `0-9` and single `-` between them, beginning with a letter',
    default: 'dev',
    read: (value) => (typeof value === 'string' && /^(?=.{1,16}$)[a-z](-?[a-z0-9])*$/.test(value) ? value : undefined),
  }),
  stacks: oneOf(['all', 'data', 'images', 'network'], {
    meaning:
      '`data` leaves the services out: for LocalStack, or to deploy the data stack separately. Once for each account and region: `images`, the repositories of the images alone; `network`, the [network](../infra/RUNBOOK.md#share-a-network) alone in which environments with `network=shared` run',
    default: 'all',
  }),
  images: imagesKey,
  disposable: flag({
    meaning: 'true: `cdk destroy` also deletes the data. Only for tests and LocalStack',
    default: false,
  }),
  bootstrapped: flag({
    meaning:
      'false: the data stack can be deployed without `cdk bootstrap`, with the rights of the person who deploys. For LocalStack',
    default: true,
  }),
};
