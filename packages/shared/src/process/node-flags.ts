/**
 * What Node is told when a Waybill process is started: by the npm scripts, by `npm start`, by the benchmark. Untold, V8
 * lets garbage lie for as long as the machine has memory, and a process peaks at 400 MB though 55 MB of it are alive.
 * 192 MiB hold what four receivers have in hand at most, even in packs of 256 KiB.
 */
export const nodeFlags = ['--max-old-space-size=192', '--max-semi-space-size=8'] as const;
