import { STATUS_CODES } from 'node:http';
import type { FastifyContextConfig } from 'fastify';
import { problems } from '../problems/problem.ts';
import { problemType } from '../problems/problem-document.ts';
import type { Json } from './components.ts';

type Members = { readonly [key: string]: Json };
/** Who may call a route, as it declares. */
export type Access = Pick<FastifyContextConfig, 'open' | 'scopes' | 'signed'>;

export function membersOf(json: Json | undefined): Members {
  return json !== null && typeof json === 'object' && !isList(json) ? json : {};
}

function isList(json: object): json is readonly Json[] {
  return Array.isArray(json);
}

/** The three headers of a signature together, in place of a token. */
const signature = { webhookId: [], webhookTimestamp: [], webhookSignature: [] };

/** Headers that the answers of a status have besides `X-Request-Id`. */
const headersOf: Readonly<Record<string, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** Those of the answers that an operation has for itself, by its operationId and the status. */
const ownHeaders: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  getParcel: { 200: ['ETag'], 304: ['ETag'] },
  pushScanEvents: { 202: ['Location'] },
  startRedrive: { 202: ['Location'] },
  cancelRedrive: { 202: ['Location'] },
};

/** What any operation with a body may answer besides. */
const ofBodies = {
  [problems.UNSUPPORTED_MEDIA_TYPE.status]: {
    description: `\`UNSUPPORTED_MEDIA_TYPE\`: ${problems.UNSUPPORTED_MEDIA_TYPE.title}`,
    content: { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } },
  },
};

/** An operation of the document with what follows from its kind: who may call it, and what all answers like its have. */
export function completed(operation: Members, { open, scopes, signed }: Access): Members {
  const responses = {
    ...(operation['requestBody'] !== undefined && ofBodies),
    ...membersOf(operation['responses']),
  };
  const own = ownHeaders[String(operation['operationId'])] ?? {};
  const told = Object.entries(responses).filter(([status]) => !(open && ['401', '403'].includes(status)));
  return {
    ...operation,
    security: [...(scopes ?? []).map((scope) => ({ bearer: [scope] })), ...(signed ? [signature] : [])],
    responses: Object.fromEntries(
      told.map(([status, response]) => [status, withHeaders(status, membersOf(response), own[status])]),
    ),
  };
}

function withHeaders(status: string, response: Members, own: readonly string[] = []): Members {
  const names = ['X-Request-Id', ...(headersOf[status] ?? []), ...own];
  const common = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
  // What @fastify/swagger says of an answer of which the route says nothing.
  const isSaid = response['description'] !== 'Default Response';
  const description = isSaid ? response['description'] : STATUS_CODES[status];
  return { ...response, description: description ?? '', headers: { ...common, ...membersOf(response['headers']) } };
}

/**
 * The problems of operations that more than one answers alike, as components; the rest stays where it is.
 *
 * @returns what takes the place of each response, and the components
 */
export function sharedProblems(operations: readonly Members[]): {
  readonly shared: Members;
  readonly inPlace: (response: Json) => Json;
} {
  const seen = Map.groupBy(
    operations.flatMap((operation) => Object.values(membersOf(operation['responses']))),
    (response) => JSON.stringify(response),
  );
  const names = new Map(
    [...seen].flatMap(([text, alike]) => {
      const codes = [...text.matchAll(/`([A-Z_]+)`: /g)].map(([, code = '']) => code);
      return alike.length > 1 && codes.length > 0 && text.includes(problemType)
        ? [[text, codes.join('-')] as const]
        : [];
    }),
  );
  return {
    shared: Object.fromEntries([...names].map(([text, name]) => [name, seen.get(text)?.[0] ?? null])),
    inPlace: (response) => {
      const name = names.get(JSON.stringify(response));
      return name === undefined ? response : { $ref: `#/components/responses/${name}` };
    },
  };
}
