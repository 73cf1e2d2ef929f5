import type { FastifySchemaCompiler, RouteOptions } from 'fastify';
import { z } from 'zod';
import { type InputError, Problem } from '../problems/problem.ts';

/** Errors that one answer names at most. */
const mostErrors = 20;
/** Characters of a name that the client made up, in an answer at most. */
const longestName = 100;

/** Where each part of a request is found by people. */
const places: Readonly<Record<string, string>> = {
  body: 'the body is',
  querystring: 'the query is',
  params: 'the path is',
  headers: 'the headers are',
};

/** Validates one part of a request by its zod schema, and says by JSON pointers into that part what is wrong. */
export const validateInput: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart = 'body' }) => {
  const place = places[httpPart] ?? 'the request is';
  return (data) => {
    const result = schema.safeParse(data);
    if (result.success) return { value: result.data };
    const errors = result.error.issues.flatMap(errorsOf).slice(0, mostErrors);
    return { error: new Problem('INVALID_REQUEST', `${place} not as it should be`, { errors }) };
  };
};

const noQuery = z.strictObject({});

/** A route that says nothing of its query has none: an unknown parameter is as wrong there as elsewhere. */
export function refuseAnyQuery(route: RouteOptions): void {
  if (route.config?.open !== true) route.schema = { querystring: noQuery, ...route.schema };
}

function errorsOf(issue: z.core.$ZodIssue): readonly InputError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: 'is not known here' }));
  return [{ pointer: pointerTo(issue.path), detail: issue.message }];
}

/** A JSON pointer (RFC 6901). */
function pointerTo(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => String(step).slice(0, longestName).replaceAll('~', '~0').replaceAll('/', '~1'));
  return steps.map((step) => `/${step}`).join('');
}
