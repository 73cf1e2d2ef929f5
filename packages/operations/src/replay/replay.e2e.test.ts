import { unpack } from '@waybill/shared/domain/pack.ts';
import { expect, onTestFinished, test } from 'vitest';
import { serveReplay, startReplay } from '../../test/replay-rig.ts';

/** Kills of all replays together, each at another step. */
const kills = 50;
const chains = 2;

test('a replay that is killed at any step, and repeated from what it printed last, loses nothing', async () => {
  const idsOfChain = 2_000;
  const killed = await Promise.all(
    Array.from({ length: chains }, async (_, chain) => {
      const service = await serveReplay(idsOfChain + 50);
      onTestFinished(service.stop);
      const onQueue = new Set<number>();
      service.onTaken = (body) => {
        const unpacked = unpack(body);
        if (unpacked.kind !== 'pack') throw new Error(`not a pack: ${body}`);
        for (const element of unpacked.elements) if ('event' in element) onQueue.add(element.event.eventId);
      };
      const steps = new Set<string>();
      let from = 1;
      let count = 0;
      for (let round = 0; round <= kills / chains; round += 1) {
        const replay = startReplay(service, { from, to: idsOfChain, limit: 20 });
        // The last round is not killed. The first three steps are the plan's.
        const killAt = round === kills / chains ? Number.POSITIVE_INFINITY : 3 + ((round * chains + chain) % 14);
        let step = 0;
        service.onStep = async (name) => {
          step += 1;
          if (step !== killAt) return;
          steps.add(name);
          replay.kill();
          count += 1;
          // What follows finds the process gone.
          await replay.ended;
        };
        await replay.ended;
        const positions = replay.lines().flatMap((line) => /^next (\d+)$/.exec(line)?.[1] ?? []);
        from = Number(positions.at(-1) ?? from);
        // Whatever is printed is confirmed.
        for (let id = 1; id < from; id += 1) if (!onQueue.has(id)) throw new Error(`EventId ${id} is not on the queue`);
      }
      expect([...onQueue].sort((a, b) => a - b)).toEqual(Array.from({ length: idsOfChain }, (__, index) => index + 1));
      return { count, steps };
    }),
  );
  expect(killed.reduce((sum, { count }) => sum + count, 0)).toBe(kills);
  expect([...new Set(killed.flatMap(({ steps }) => [...steps]))].sort()).toEqual(
    ['answered', 'asked', 'confirmed', 'read', 'sending', 'taken'].sort(),
  );
});

test('a replay of many events runs in a small heap', async () => {
  const service = await serveReplay(50_100);
  onTestFinished(service.stop);
  let bytes = 0;
  service.onTaken = (body) => {
    bytes += body.length;
  };
  // The code and the SDK take 20 MB; 50,000 events that were kept would take 30 MB more.
  const replay = startReplay(service, { from: 1, to: 50_000, limit: 1_000, heapMb: 32 });
  await replay.ended;
  expect(JSON.parse(replay.lines().at(-1) ?? '{}')).toMatchObject({ outcome: 'done' });
  expect(bytes).toBeGreaterThan(50_000 * 100);
});
