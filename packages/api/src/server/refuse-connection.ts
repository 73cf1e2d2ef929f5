import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, problems } from '../problems/problem.ts';
import { problemDocument, problemType } from '../problems/problem-document.ts';
import { requestIdOf } from './request-id.ts';
import { securityHeaders } from './security-headers.ts';

/** What Node says of a connection on which no request can be read. */
export type ConnectionFault = Error & { readonly code?: string };

/** What a client is told whose connection ends: what it sent is not HTTP, or comes too slowly. */
export function problemOfConnection({ code }: ConnectionFault): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem('TOO_LARGE', 'the headers have more bytes than are taken');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('INVALID_REQUEST', 'the request came too slowly');
  return new Problem('INVALID_REQUEST', 'this is not a request by HTTP/1.1');
}

/** Answers on the connection itself, for there is no request, and ends it. Returns the id of the answer. */
export function refuseConnection(problem: Problem, socket: Socket): string {
  const { status } = problems[problem.code];
  const requestId = requestIdOf({});
  const body = JSON.stringify(problemDocument(problem, requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...[...securityHeaders].map((header) => header.join(': ')),
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  return requestId;
}
