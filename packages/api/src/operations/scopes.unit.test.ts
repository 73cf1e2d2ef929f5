import { expect, test } from 'vitest';
import { openApi, tokens } from '../../test/api-rig.ts';
import { type Scope, scopes } from '../access/caller.ts';
import { getBatch, getBatches } from '../batches/batches.ts';
import { getFailure, getFailureGroups, getFailures } from '../failures/failures.ts';
import { postDeliveries } from '../notifications/deliveries.ts';
import { getNotification, getNotifications } from '../notifications/notifications.ts';
import { createCursors } from '../pages/cursor.ts';
import { RedriveSlot } from '../redrives/redrive-slot.ts';
import { getRedrive, postCancel, postPlan, postRedrive } from '../redrives/redrives.ts';
import { getStatus } from '../status/status.ts';
import { getOperation, getOperations } from './operations.ts';

const { signal } = new AbortController();
const plan = {
  ...{ count: 0, isMoreThan: false, byReason: {}, oldestUtc: null, newestUtc: null, samples: [] },
  ...{ cost: { sqsRequests: 0, readUnits: 0, writeUnits: 0, dollars: 0 }, notLookedAt: [], warnings: [] },
};
const filter = { failureIds: [] };
const page = { limit: 1 };

async function acts() {
  const { deps: api } = await openApi({ routes: () => [] });
  const deps = { ...api, cursors: createCursors(api.settings.tokens), slot: new RedriveSlot(api.log), lease: {} };
  return (name: string, its: readonly Scope[]) => {
    const caller = { name, scopes: new Set(its) };
    return {
      status: () => getStatus(deps, caller, signal),
      groups: () => getFailureGroups(deps, caller, {}, signal),
      failures: () => getFailures(deps, caller, page, signal),
      failure: () => getFailure(deps, caller, 'event-1'),
      plan: () => postPlan(deps, caller, { filter }, signal),
      redrive: () => postRedrive(deps, caller, { filter, because: 'x', plan, moreThanPlanned: false }),
      'redrive shown': () => getRedrive(deps, caller, 'x'),
      cancel: () => postCancel(deps, caller, 'x'),
      operations: () => getOperations(deps, caller, page),
      operation: () => getOperation(deps, caller, 'x'),
      batches: () => getBatches(deps, caller, page, signal),
      batch: () => getBatch(deps, caller, 'x', signal),
      notifications: () => getNotifications(deps, caller, page, signal),
      notification: () => getNotification(deps, caller, 'x', signal),
      deliveries: () =>
        postDeliveries(deps, caller, { parcelIds: [1], attempts: 1, again: false, because: 'x' }, signal),
    };
  };
}

type Act = keyof ReturnType<Awaited<ReturnType<typeof acts>>>;

const allowed: Readonly<Record<Act, readonly Scope[]>> = {
  status: ['read'],
  groups: ['read'],
  failures: ['read'],
  failure: ['read', 'operate'],
  plan: ['operate'],
  redrive: ['operate'],
  'redrive shown': ['read', 'operate'],
  cancel: ['operate'],
  operations: ['read'],
  operation: ['read'],
  batches: ['read', 'ingest'],
  batch: ['read', 'ingest'],
  notifications: ['read'],
  notification: ['read'],
  deliveries: ['operate'],
};

test('each act checks the scope itself, whatever its route declares', async () => {
  const of = await acts();
  for (const scope of scopes) {
    const outcomes = await Promise.all(
      Object.entries(of('somebody', [scope])).map(async ([name, act]) => {
        const error: unknown = await act().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        // Where it is allowed it gets as far as an engine that is away, or a deployment without notifications.
        return [name, error instanceof Error && 'code' in error && error.code === 'FORBIDDEN'];
      }),
    );
    const expected = Object.entries(allowed).map(([name, its]) => [name, !its.includes(scope)]);
    expect(Object.fromEntries(outcomes), scope).toEqual(Object.fromEntries(expected));
  }
});

test('each route lets in who its act does, and nobody else', async () => {
  const { ask } = await openApi();
  const urls: readonly (readonly ['GET' | 'POST', string, Act])[] = [
    ['GET', '/v1/status', 'status'],
    ['GET', '/v1/failures/groups', 'groups'],
    ['GET', '/v1/failures', 'failures'],
    ['GET', '/v1/failures/event-1', 'failure'],
    ['POST', '/v1/redrives/plan', 'plan'],
    ['POST', '/v1/redrives', 'redrive'],
    ['GET', '/v1/redrives/x', 'redrive shown'],
    ['POST', '/v1/redrives/x/cancel', 'cancel'],
    ['GET', '/v1/operations', 'operations'],
    ['GET', '/v1/batches', 'batches'],
    ['GET', '/v1/batches/x', 'batch'],
    ['GET', '/v1/notifications', 'notifications'],
    ['GET', '/v1/notifications/x', 'notification'],
    ['POST', '/v1/notifications/deliveries', 'deliveries'],
  ];
  for (const scope of scopes) {
    for (const [method, url, act] of urls) {
      // A query that none knows, so that nothing is asked of an engine.
      const { status } = await ask({
        method,
        url: `${url}?nothing=1`,
        headers: { authorization: `Bearer ${tokens[scope]}` },
      });
      expect(status, `${scope} ${url}`).toBe(allowed[act].includes(scope) ? 400 : 403);
    }
  }
});
