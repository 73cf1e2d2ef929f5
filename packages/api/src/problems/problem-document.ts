import { z } from 'zod';
import { type Problem, type ProblemCode, problems } from './problem.ts';

/** The content type of every answer that is an error (RFC 9457). */
export const problemType = 'application/problem+json';

/** What every answer that is an error looks like. A code may have more members. */
export const problemShape = z.looseObject({
  type: z.string().meta({ description: 'A stable URI of the code.' }),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  // The keys of an object are at least the one that it has.
  code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
  requestId: z.string(),
  errors: z
    .array(z.strictObject({ pointer: z.string(), detail: z.string() }))
    .optional()
    .meta({ description: 'What is wrong with which part of the input: JSON pointers into it.' }),
});

export type ProblemDocument = z.output<typeof problemShape>;

/** The answer that a problem makes. */
export function problemDocument({ code, message, more }: Problem, requestId: string): ProblemDocument {
  const { status, title } = problems[code];
  return {
    ...more.members,
    type: `urn:waybill:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail: message,
    code,
    requestId,
    ...(more.errors && { errors: [...more.errors] }),
  };
}

/** Headers of that answer, besides its content type. */
export function problemHeaders({ code, more }: Problem): Readonly<Record<string, string>> {
  return {
    ...more.headers,
    ...(code === 'UNAUTHENTICATED' && { 'www-authenticate': 'Bearer' }),
    ...(more.retryAfterSeconds !== undefined && { 'retry-after': String(more.retryAfterSeconds) }),
  };
}
