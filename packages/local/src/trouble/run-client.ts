import { type FailureGroup, failureGroupsShape } from '@waybill/operations/failures/failure-groups.ts';
import { type Status, statusShape } from '@waybill/operations/status/status-shape.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { z } from 'zod';
import { controlPaths, type RunState, runStateShape } from './control-shapes.ts';
import type { LiveRun } from './live-runs.ts';
import type { TroubleName } from './troubles.ts';

/** A running `npm start -- --live`, as its user meets it: by its API, and by orders for trouble. */
export type RunClient = {
  state(): Promise<RunState>;
  begin(name: TroubleName, seconds: number): Promise<void>;
  end(): Promise<void>;
  status(): Promise<Status>;
  failureGroups(): Promise<readonly FailureGroup[]>;
  /** What to do about a failure. */
  nextStep(failureId: string): Promise<string>;
};

/** Milliseconds that one request may take: the API waits for its own parts for a while. */
const requestLimitMs = 10_000;

/** Asks a run. Each function rejects when there is no response, or another than it should be. */
export function openRun({ control, api }: Pick<LiveRun, 'control' | 'api'>): RunClient {
  const ofControl = asker(control);
  const ofApi = asker(api);
  return {
    state: async () => runStateShape.parse(await ofControl('GET', controlPaths.run)),
    begin: async (name, seconds) => void (await ofControl('PUT', controlPaths.trouble, { name, seconds })),
    end: async () => void (await ofControl('DELETE', controlPaths.trouble)),
    status: async () => statusShape.parse(await ofApi('GET', '/v1/status')),
    failureGroups: async () => failureGroupsShape.parse(await ofApi('GET', '/v1/failures/groups')).groups,
    nextStep: async (failureId) =>
      z.object({ next: z.string() }).parse(await ofApi('GET', `/v1/failures/${encodeURIComponent(failureId)}`)).next,
  };
}

/** Whether this is a run that responds to the token that it left. */
export async function isLive(run: LiveRun): Promise<boolean> {
  return await openRun(run)
    .state()
    .then(
      () => true,
      () => false,
    );
}

const asker =
  ({ url, token }: { readonly url: string; readonly token: string }) =>
  async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestLimitMs),
    }).catch((cause: unknown) => {
      if (!(cause instanceof TypeError)) throw cause;
      throw new WaybillError('ENDPOINT_UNAVAILABLE', 'the npm start -- --live that it is played on has ended', {
        cause,
      });
    });
    if (!response.ok) throw new Error(`${method} ${path} returned ${response.status}`);
    return await response.json();
  };
