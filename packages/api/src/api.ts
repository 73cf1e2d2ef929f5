import { watchedClock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { DependencyWatch, healthReport, LoopWatch, type Probe } from '@waybill/shared/process/health.ts';
import { createService } from '@waybill/shared/process/lifecycle.ts';
import type { WatchedService } from '@waybill/shared/process/run-process.ts';
import { untilEnginesAnswer } from '@waybill/shared/process/table-check.ts';
import type { FastifyInstance } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { ApiDependencies } from './server/api-dependencies.ts';
import { openServer } from './server/open-server.ts';

export type ServiceDependencies = Pick<ApiDependencies, 'log' | 'settings' | 'clock' | 'random' | 'metrics'> & {
  readonly routes: readonly FastifyPluginAsyncZod[];
  readonly address: { readonly host: string; readonly port: number };
  /** Refuses tables that are not the expected ones (`TABLE_MISMATCH`); any other error is an engine that is not there yet. */
  readonly checkTables: () => Promise<void>;
  /** What readiness asks, by name. */
  readonly probes: Readonly<Record<string, Probe>>;
};

/** Milliseconds between two looks at the port, and without one after which the process hangs. */
const lookEveryMs = 5_000;
const silenceMs = 90_000;

/**
 * The API: answers requests from its start on, with 503 while its engines are away. Once it is asked to stop, it takes no
 * more connections, answers the requests in flight, and ends.
 */
export function createApi(deps: ServiceDependencies): WatchedService & { readonly url: () => string | undefined } {
  const { clock, log } = deps;
  const loops = new LoopWatch(clock);
  const watch = new DependencyWatch(clock, deps.probes);
  let url: string | undefined;
  let checked = false;
  const service = createService(async (stopping) => {
    const { app, stop } = await openServer(deps);
    const ended = new AbortController();
    const watching = watch.run(ended.signal);
    try {
      url = await listen(app, deps.address);
      log.info({ url, requestsPerSecond: deps.settings.requestsPerSecond }, 'answering');
      await untilEnginesAnswer(deps.checkTables, { ...deps, loops }, stopping);
      checked = true;
      const loopClock = watchedClock(clock, loops.watch('server', silenceMs));
      while (!stopping.aborted) await loopClock.sleep(lookEveryMs, stopping);
    } finally {
      url = undefined;
      await stop();
      ended.abort();
      await watching;
    }
  });
  return {
    ...service,
    url: () => url,
    live: () => loops.report(),
    ready: () =>
      healthReport({
        ...watch.parts(),
        tables: { ok: checked, detail: checked ? 'checked' : 'not checked yet' },
        server: { ok: url !== undefined, detail: url === undefined ? 'takes no connections' : 'takes connections' },
      }),
  };
}

async function listen(app: FastifyInstance, address: ServiceDependencies['address']): Promise<string> {
  try {
    return await app.listen(address);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    const where = `port ${address.port} on ${address.host}`;
    throw new WaybillError('PORT_UNAVAILABLE', `${where} cannot be opened (${why}): set API_PORT or API_HOST`, {
      cause,
    });
  }
}
