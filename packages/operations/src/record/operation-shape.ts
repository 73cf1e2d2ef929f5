import { z } from 'zod';
import { outcomes } from './operation.ts';
import { operationStates } from './operation-state.ts';

/** A {@link Plan} as JSON. */
export const planShape = z.strictObject({
  count: z.int().min(0),
  isMoreThan: z.boolean(),
  byReason: z.record(z.string(), z.int().min(0)),
  oldestUtc: z.iso.datetime().nullable(),
  newestUtc: z.iso.datetime().nullable(),
  samples: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
  cost: z.strictObject({
    sqsRequests: z.number().min(0),
    readUnits: z.number().min(0),
    writeUnits: z.number().min(0),
    dollars: z.number().min(0),
  }),
  notLookedAt: z.array(z.string()),
  warnings: z.array(z.string()),
});

const counts = z.record(z.string(), z.number());

/** A record of the operations table as JSON. */
export const operationShape = z.strictObject({
  operationId: z.string(),
  kind: z.string(),
  by: z.string(),
  because: z.string(),
  filter: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))]),
  ),
  plan: planShape,
  startedAtUtc: z.iso.datetime(),
  /** Every few seconds while it runs, by the clock of the process that runs it. */
  heartbeatAtUtc: z.iso.datetime().exactOptional(),
  /** As the last heartbeat told it. */
  progress: z.strictObject({ what: z.string(), done: z.number(), total: z.number().exactOptional() }).exactOptional(),
  cancelRequestedAtUtc: z.iso.datetime().exactOptional(),
  cancelRequestedBy: z.string().exactOptional(),
  outcome: z.string().exactOptional(),
  counts: counts.exactOptional(),
  finishedAtUtc: z.iso.datetime().exactOptional(),
  /** What went wrong or was left, a sentence each. */
  problems: z.array(z.string()).exactOptional(),
});

/** An operation as the command line prints it and the API returns it: its record, and what it says of the act now. */
export const shownOperationShape = operationShape.extend({ state: z.enum(operationStates) });

/** What an act prints as JSON when it ran: `operationId` is null where there was nothing to do. */
export const actResultShape = z.strictObject({
  operationId: z.string().nullable(),
  outcome: z.enum(outcomes),
  counts,
  problems: z.array(z.string()),
  plan: planShape,
});

/** What an act prints as JSON: its plan under `--dry-run`, else its result. */
export const actShape = z.union([planShape, actResultShape]);
