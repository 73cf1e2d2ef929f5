import { systemClock } from '@waybill/shared/clock.ts';
import { apiRoutes } from '../../packages/api/src/routes.ts';
import type { ApiDependencies } from '../../packages/api/src/server/api-dependencies.ts';
import { openServer } from '../../packages/api/src/server/open-server.ts';
import { apiSettings, clientsOf } from '../../packages/api/test/api-rig.ts';
import { measured, recordedLog } from '../../packages/poller/test/observed.ts';

/** Where the document lies, from the root of the repository. */
export const documentFile = 'packages/api/openapi.json';

/** The document that the API's routes make, as the file has it. No engine is asked. */
export async function madeDocument(): Promise<string> {
  const deps: ApiDependencies = {
    ...clientsOf(undefined),
    mapping: new Map(),
    clock: systemClock,
    random: () => 0.5,
    log: recordedLog().log,
    metrics: measured().metrics,
    settings: apiSettings,
  };
  const { app, stop } = await openServer({ ...deps, routes: apiRoutes(deps) });
  try {
    return `${JSON.stringify(app.swagger(), null, 2)}\n`;
  } finally {
    await stop();
    deps.sqs.destroy();
    deps.dynamodb.destroy();
  }
}
