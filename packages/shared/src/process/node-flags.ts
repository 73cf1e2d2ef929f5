/**
 * Node's flags for a Waybill process: in the npm scripts, under `npm start`, in the benchmark. Without them V8 keeps
 * garbage for as long as the machine has memory, and a process peaks at 400 MB with 55 MB alive. 192 MiB hold the most
 * that four receivers have in hand, even in packs of 256 KiB.
 */
export const nodeFlags = ['--max-old-space-size=192', '--max-semi-space-size=8'] as const;
