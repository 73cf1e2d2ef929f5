import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledChild, serveReplay, startReplay } from './replay-rig.ts';

/**
 * Replays so many events from a feed on this machine to a queue that keeps nothing: `replay-load.ts EVENTS [LIMIT] [NODE_FLAGS…]`.
 * Prints what it took.
 */
const [events = '1000000', limit = '1000', ...flags] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'waybill-replay-'));
const service = await serveReplay(Number(events) + 100);
const started = performance.now();
const script = await bundledChild(folder);
const { ended, lines } = startReplay(service, { script, from: 1, to: Number(events), limit: Number(limit), flags });
await ended;
await service.stop();
await rm(folder, { recursive: true });
process.stdout.write(`${lines().at(-1)} in ${Math.round((performance.now() - started) / 1_000)} s\n`);
