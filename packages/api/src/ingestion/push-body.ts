import type { IncomingHttpHeaders } from 'node:http';
import { gunzip } from 'node:zlib';
import { memberNames } from '@waybill/shared/domain/own-text.ts';
import { codingsOf } from '@waybill/shared/scan-api/codings.ts';
import { Problem } from '../problems/problem.ts';

/** Elements of one push at most (`api.md`). */
export const mostElements = 10_000;

/**
 * Objects and arrays of one body at most, 50 for each element: an honest one has three. 4 MB that are nothing else take the
 * parser half a second, in which nobody else is served.
 */
const mostStructures = 50 * mostElements;

/** Throws `UNSUPPORTED_MEDIA_TYPE` unless the headers say JSON in UTF-8, as it is or by gzip once. */
export function requireReadable(headers: IncomingHttpHeaders): void {
  const { 'content-type': type = '', 'content-encoding': coding } = headers;
  if (!jsonInUtf8.test(type)) throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'send application/json in UTF-8');
  const codings = codingsOf(coding);
  if (codings.length > 1 || codings.some((name) => !gzipNames.has(name)))
    throw new Problem('UNSUPPORTED_MEDIA_TYPE', 'send the body as it is, or with Content-Encoding: gzip');
}

/** No two runs of spaces meet: 14 KB of them, which anybody may send, would take a third of a second to refuse. */
const jsonInUtf8 = /^application\/json\s*(?:;\s*charset\s*=\s*(?:"utf-8"|utf-8)\s*)?(?:;\s*)?$/i;

const gzipNames: ReadonlySet<string> = new Set(['gzip', 'x-gzip']);

export function isGzip(contentEncoding: string | undefined): boolean {
  return codingsOf(contentEncoding).length > 0;
}

/** Decompresses at most so many bytes, apart from the event loop. Throws `TOO_LARGE` for more, `INVALID_REQUEST` for what is not gzip. */
export async function decompressed(received: Uint8Array, maxBytes: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  gunzip(received, { maxOutputLength: maxBytes }, (cause, bytes) => {
    if (!cause) resolve(bytes);
    else if ('code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
      reject(new Problem('TOO_LARGE', `the body has more than ${maxBytes} bytes when it is decompressed`, { cause }));
    else reject(new Problem('INVALID_REQUEST', 'the body is not gzip, or ends too early', { cause }));
  });
  return await promise;
}

/**
 * The elements of the feed's envelope, which may have other members. Throws `INVALID_REQUEST`. A name that stands twice is
 * refused: a parser would keep one array and drop the other, and 202 would promise what nobody has read.
 */
export function elementsOf(body: Uint8Array): readonly unknown[] {
  if (structuresOf(body) > mostStructures)
    throw invalid('', `must not hold more than ${mostStructures} objects and arrays`);
  const text = textOf(body);
  const envelope = jsonOf(text);
  if (typeof envelope !== 'object' || envelope === null || !('ScanEvents' in envelope))
    throw invalid('', 'must be an object with an array "ScanEvents"');
  const { ScanEvents: elements } = envelope;
  if (!Array.isArray(elements)) throw invalid('/ScanEvents', 'must be an array');
  if (elements.length === 0 || elements.length > mostElements)
    throw invalid('/ScanEvents', `must have 1 to ${mostElements} elements, not ${elements.length}`);
  if (mayRepeat(text) && memberNames(text).filter((name) => name === 'ScanEvents').length > 1)
    throw invalid('/ScanEvents', 'must not stand there twice');
  return elements;
}

/** Brackets and braces that open, those in strings too. */
function structuresOf(body: Uint8Array): number {
  let count = 0;
  // biome-ignore lint/style/useForOf: its iterator takes four times as long, 100 ms for 4 MB
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === 0x5b || byte === 0x7b) count += 1;
  }
  return count;
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw invalid('', 'must be JSON in UTF-8', cause);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's own error quotes the text.
    throw invalid('', 'must be JSON', cause instanceof SyntaxError ? undefined : cause);
  }
}

/** Escapes that spell a letter of the name. */
const escapedLetter = /\\u00(?:53|63|61|6e|45|76|65|74|73)/i;

/** Whether the text may have the name twice, also by escapes: only then it is worth another pass. */
function mayRepeat(text: string): boolean {
  const name = '"ScanEvents"';
  const first = text.indexOf(name);
  return first < 0 || text.indexOf(name, first + 1) >= 0 || escapedLetter.test(text);
}

function invalid(pointer: string, detail: string, cause?: unknown): Problem {
  return new Problem('INVALID_REQUEST', 'the body is not as it should be', {
    errors: [{ pointer, detail }],
    ...(cause !== undefined && { cause }),
  });
}
