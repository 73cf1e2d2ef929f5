import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const usable = /^[\x21-\x7e]{1,128}$/;

/** The id of a request: the client's, if it is 1–128 visible ASCII characters, else a new one. */
export function requestIdOf({ 'x-request-id': given }: IncomingHttpHeaders): string {
  return typeof given === 'string' && usable.test(given) ? given : randomUUID();
}
