import { createNoopMeter } from '@opentelemetry/api';
import { systemClock } from '@waybill/shared/clock.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import type { MessageSender } from '@waybill/shared/queue/message-queue.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { expect, test } from 'vitest';
import { MemoryBatchStore } from '../../test/memory-batch-store.ts';
import { ingest } from './ingest.ts';
import { preparePush } from './prepare-push.ts';

/** A push of so many packs of one event each, whose sends wait until they are let through. */
async function rig(packs: number) {
  const store = new MemoryBatchStore();
  const { promise: gate, resolve: letThrough } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const sent: string[] = [];
  const queue: MessageSender = {
    sendBatch: async (messages) => {
      sent.push(...messages.map(({ body }) => body));
      begin();
      await gate;
      return [];
    },
  };
  const elements = Array.from({ length: packs }, (_, index) => ({
    EventId: index + 1,
    ParcelId: index + 1,
    Type: 'PICKUP',
    CreatedDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
  }));
  const push = {
    caller: { name: 'partner', scopes: new Set(['ingest'] as const) },
    key: 'k1',
    bodySha256: 'body',
    prepared: await preparePush(elements, 200),
  };
  const deps = {
    batches: store,
    queue,
    clock: systemClock,
    random: () => 0.5,
    log: createLogger({ service: 'test', level: 'silent', pretty: false }),
    metrics: createMetrics(createNoopMeter()),
  };
  const batch = () => {
    const [stored] = store.stored.values();
    if (!stored) throw new Error('no batch is recorded');
    return stored;
  };
  return { store, deps, push, sent, begun, letThrough, batch };
}

test('after the time of the request no further send begins', async () => {
  const { deps, push, sent, begun, letThrough, batch } = await rig(95);
  const limit = new AbortController();
  const answer = ingest(deps, push, limit.signal);
  await begun;
  limit.abort(new Error('time is up'));
  expect(await answer).toMatchObject({ kind: 'not confirmed' });
  letThrough();
  await new Promise((resolve) => setTimeout(resolve, 20));
  // Four sends of ten entries were under way.
  expect(sent).toHaveLength(40);
  expect(batch().state).toBe('sending');
});

test('a sender that wakes up when the batch has other packs, and then its own again with new numbers, does not mark them sent', async () => {
  const { store, deps, push, begun, letThrough, batch } = await rig(3);
  const { signal } = new AbortController();
  const answer = ingest(deps, push, signal);
  await begun;
  const first = { ...batch() };
  await store.repack({ ...first, packing: 'other', packs: 1, firstPart: 3 }, first, signal);
  await store.repack({ ...first, firstPart: 4 }, { ...first, packing: 'other', packs: 1, firstPart: 3 }, signal);
  letThrough();
  // Nobody has confirmed the parts 4 to 6, for which the batch waits.
  expect(await answer).toMatchObject({ kind: 'under way' });
  expect(batch()).toMatchObject({ state: 'sending', firstPart: 4, pending: new Set([4, 5, 6]) });
});
