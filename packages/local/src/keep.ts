import type { Resources } from '@waybill/provisioner/provision.ts';
import { describeError } from '@waybill/shared/error.ts';
import type { Engines } from './engines/engines.ts';
import type { ApiAccess } from './pipeline/api-access.ts';
import { startKeptApi } from './pipeline/kept-api.ts';
import { apiVariables, type Environment } from './pipeline/service-process.ts';
import type { ProgressDisplay } from './progress.ts';

export type Kept = {
  readonly engines: Engines;
  readonly resources: Resources;
  readonly api: ApiAccess;
  /** Of the processes. */
  readonly env: Environment;
  readonly display: ProgressDisplay;
};

/** Leaves engines and API up after this process, and says how to reach and to end them. Ctrl-C does not. */
export async function keep({ engines, resources, api, env, display }: Kept): Promise<void> {
  await engines.keep();
  const tables = apiVariables(resources);
  const apiPid = await startKeptApi(api.url, { ...env, ...tables, ...api.variables }).catch((error: unknown) => {
    display.say(`${describeError(error)}. Queues and tables are not affected.`);
    return undefined;
  });
  display.say(
    [
      '',
      'Queues and tables are still up. To reach them:',
      ...Object.entries({ ...engines.env, ...tables }).map(([name, value]) => `  export ${name}=${value}`),
      `The DLQ is ${resources.deadLetterQueueUrl}`,
      'To ask how they are: npx waybill status',
      ...(apiPid === undefined ? [] : [`The API is still up at ${api.url}, with the token above`]),
      `To end them: kill ${[...engines.pids, ...(apiPid === undefined ? [] : [apiPid])].join(' ')}`,
    ].join('\n'),
  );
}
