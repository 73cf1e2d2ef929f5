import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpack } from '@waybill/shared/domain/pack.ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bundledChild, type Step, serveReplay, startReplay, steps } from '../../test/replay-rig.ts';

/** Kills of all replays together, each at another step. */
const kills = 50;
/** Replays that are killed side by side. */
const chains = 2;

let folder = '';
let script = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-replay-'));
  script = await bundledChild(folder);
});
afterAll(() => rm(folder, { recursive: true }));

test('a replay that is killed at any step, and repeated from what it printed last, loses nothing', async () => {
  const last = 2_000;
  const killed = await Promise.all(
    Array.from({ length: chains }, async (_, chain) => {
      const service = await serveReplay(last + 50);
      onTestFinished(service.stop);
      const onQueue = new Set<number>();
      service.onTaken = (body) => {
        const unpacked = unpack(body);
        if (unpacked.kind !== 'pack') throw new Error(`not a pack: ${body}`);
        for (const element of unpacked.elements) if ('event' in element) onQueue.add(element.event.eventId);
      };
      const killedAt: Step[] = [];
      let from = 1;
      for (let round = 0; round <= kills / chains; round += 1) {
        const replay = startReplay(service, { script, from, to: last, limit: 20 });
        // The last round is not killed.
        const victim = round === kills / chains ? undefined : steps[(round * chains + chain) % steps.length];
        // The plan asks for a page first: the second and the third are the replay's.
        let left = 2 + (round % 2);
        service.onStep = async (step) => {
          if (step !== victim) return;
          left -= 1;
          if (left !== 0) return;
          killedAt.push(step);
          replay.kill();
          // What follows finds the process gone.
          await replay.ended;
        };
        await replay.ended;
        const positions = replay.lines().flatMap((line) => /^next (\d+)$/.exec(line)?.[1] ?? []);
        from = Number(positions.at(-1) ?? from);
        // Whatever is printed is confirmed.
        for (let id = 1; id < from; id += 1) if (!onQueue.has(id)) throw new Error(`EventId ${id} is not on the queue`);
      }
      expect([...onQueue].sort((a, b) => a - b)).toEqual(Array.from({ length: last }, (__, index) => index + 1));
      return killedAt;
    }),
  );
  expect(killed.flat()).toHaveLength(kills);
  expect(new Set(killed.flat())).toEqual(new Set(steps));
});

test('a replay of many events runs in a small heap', async () => {
  const service = await serveReplay(50_100);
  onTestFinished(service.stop);
  let bytes = 0;
  service.onTaken = (body) => {
    bytes += body.length;
  };
  // The code and the SDK take 20 MB; 50,000 events that were kept would take 30 MB more.
  const flags = ['--max-old-space-size=32', '--max-semi-space-size=2'];
  const replay = startReplay(service, { script, from: 1, to: 50_000, limit: 1_000, flags });
  await replay.ended;
  expect(JSON.parse(replay.lines().at(-1) ?? '{}')).toMatchObject({ outcome: 'done' });
  expect(bytes).toBeGreaterThan(50_000 * 100);
});
