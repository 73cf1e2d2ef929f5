import { planShape } from '@waybill/operations/record/operation-shape.ts';
import { scanQueue } from '@waybill/shared/resources.ts';
import { z } from 'zod';

/** Which dead letters are meant: all that is given must hold; without anything all are. The filter of a record has the same names. */
const redriveFilterShape = z.strictObject({
  reason: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'a code such as INVALID_EVENT')
    .optional()
    .describe('Reason of the failure record.'),
  detail: z
    .string()
    .min(1)
    .max(1_024)
    .optional()
    .describe('A part of its detail, as it is or as failure groups show it.'),
  parcelId: z.int().min(1).optional().describe('A parcel that an event of the message is about.'),
  type: z.string().min(1).max(1_024).optional().describe('Type of an event of the message.'),
  olderThanMs: z
    .int()
    .min(1)
    .max(scanQueue.deadLetterQueue.retentionSeconds * 1_000)
    .optional()
    .describe('Sent more than so many milliseconds ago.'),
  failureIds: z.array(z.string().min(1).max(255)).max(100).default([]).describe('Any of these; none: any failure.'),
});

export const redrivePlanRequest = z.strictObject({
  filter: redriveFilterShape,
  deployedAtUtc: z.iso
    .datetime()
    .optional()
    .describe(
      'When the fix went out: what failed since then is not fixed. Without it, what failed in 10 minutes counts.',
    ),
});

export const redriveRequest = z.strictObject({
  filter: redriveFilterShape,
  because: z.string().regex(/\S/, 'a reason').max(1_024).describe('Why. It goes on record.'),
  plan: planShape.describe('What POST /v1/redrives/plan has answered for this filter. It goes on record.'),
  moreThanPlanned: z
    .boolean()
    .default(false)
    .describe('Whether to go on where over 10 % more is met than was planned; else the redrive refuses to.'),
});

/** Bytes of a request: the plan is in it, and what is not in DynamoDB's item of 400 KB cannot go on record. */
export const redriveBodyBytes = 65_536;
