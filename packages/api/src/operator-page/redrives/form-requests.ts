import { z } from 'zod';
import { wholeNumber } from '../../pages/page.ts';
import { redriveBodyBytes, redrivePlanRequest, redriveRequest } from '../../redrives/redrive-requests.ts';
import { givenFields, utcField } from '../forms/given-fields.ts';

const { reason, detail, parcelId, type, olderThanMs, failureIds } = redrivePlanRequest.shape.filter.shape;

const filterFields = {
  ...{ reason, detail, type },
  parcelId: z.preprocess(wholeNumber, parcelId).optional(),
  olderThanMs: z.preprocess(wholeNumber, olderThanMs).optional(),
  failureId: z.preprocess((ids) => (typeof ids === 'string' ? [ids] : ids), failureIds).optional(),
};

/** What a plan is asked for by, from a form or a URL: the body of `POST /v1/redrives/plan`. */
export const planRequest = z.preprocess(
  givenFields,
  z
    .strictObject({ ...filterFields, deployedAtUtc: utcField })
    .transform(({ deployedAtUtc, failureId = [], ...filter }) => ({
      filter: { ...filter, failureIds: failureId },
      deployedAtUtc,
    })),
);

const planText = z
  .string()
  .max(redriveBodyBytes)
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.issues.push({ code: 'custom', message: 'the plan that this page has shown', input: text });
      return z.NEVER;
    }
  });

/** What a redrive begins by, from the form under its plan, which is in it as JSON: the body of `POST /v1/redrives`. */
export const runRequest = z.preprocess(
  givenFields,
  z
    .strictObject({
      ...filterFields,
      because: redriveRequest.shape.because,
      plan: planText.pipe(redriveRequest.shape.plan),
      moreThanPlanned: z.literal('on').optional(),
    })
    .transform(({ because, plan, moreThanPlanned, failureId = [], ...filter }) => ({
      ...{ filter: { ...filter, failureIds: failureId }, because, plan },
      moreThanPlanned: moreThanPlanned === 'on',
    })),
);

/** Bytes of that form: each byte of the plan may take three. */
export const runRequestBytes = 4 * redriveBodyBytes;
