import { z } from 'zod';
import { troubleNames } from './troubles.ts';

/** Where a control server keeps its one trouble, and where it tells of its run. */
export const controlPaths = { trouble: '/trouble', run: '/run' } as const;

/** The trouble to begin; it ends by itself after so many seconds. */
export const orderShape = z.strictObject({
  name: z.enum(troubleNames),
  seconds: z.number().positive().max(600),
});

/** What a run says of itself that its own API does not know. */
export const runStateShape = z.object({
  trouble: z.enum(troubleNames).nullable(),
  /** Scans that the carrier has sent malformed, and those of them that it still has to send again. */
  spoiled: z.number(),
  owed: z.number(),
  /** Messages in the queue of announcements. */
  announcements: z.number(),
});

export type RunState = z.infer<typeof runStateShape>;
