import type { z } from 'zod';
import { type ProblemCode, problems } from './problem.ts';
import { problemShape, problemType } from './problem-document.ts';

/** What a route may answer with a problem, whatever it does: its input is wrong or too long, nobody may call it now, something is away. */
const always = [
  'INVALID_REQUEST',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'TOO_LARGE',
  'TOO_MANY_REQUESTS',
  'INTERNAL',
  'UNAVAILABLE',
] as const satisfies readonly ProblemCode[];

type ProblemAnswer = {
  readonly description: string;
  readonly content: { readonly [problemType]: { readonly schema: typeof problemShape } };
};

/**
 * A route's `schema.response`: its answers by status, and its problems. Every route may answer with those of
 * {@link always}; `codes` are what it may answer besides.
 */
export function answers<S extends Readonly<Record<number, z.ZodType>>>(
  shapes: S,
  ...codes: readonly ProblemCode[]
): S & Readonly<Record<string, ProblemAnswer>> {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set([...always, ...codes])) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${problems[code].title}`]);
  }
  const told = [...byStatus].map(([status, lines]): [string, ProblemAnswer] => [
    String(status),
    { description: lines.join('. '), content: { [problemType]: { schema: problemShape } } },
  ]);
  return { ...Object.fromEntries(told), ...shapes };
}
