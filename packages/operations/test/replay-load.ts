import { serveReplay, startReplay } from './replay-rig.ts';

/** Replays so many events from a feed on this machine to a queue that keeps nothing: `replay-load.ts EVENTS`. Prints what it took. */
const events = Number(process.argv[2] ?? 1_000_000);
const service = await serveReplay(events + 100);
const started = performance.now();
const { ended, lines } = startReplay(service, { from: 1, to: events, limit: 1_000 });
await ended;
await service.stop();
process.stdout.write(`${lines().at(-1)} in ${Math.round((performance.now() - started) / 1_000)} s\n`);
