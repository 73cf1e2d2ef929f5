import { once } from 'node:events';
import { type Duplex, pipeline, type Readable } from 'node:stream';
import { createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/** Sent as `Accept-Encoding`: all of it is understood, in every spelling that servers use for it. */
export const acceptedCodings = 'gzip, deflate';

/** Decoders by the names that servers give. `deflate` is zlib's frame by RFC 9110, and raw deflate by some servers. */
const decoders: Readonly<Record<string, (encoded: Readable) => Duplex | Promise<Duplex>>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: async (encoded) => ((await beginsWithZlibFrame(encoded)) ? createInflate() : createInflateRaw()),
};

/** Codings, one over the other, that are undone at most: no honest server applies more than two. */
const mostCodings = 4;

/**
 * The codings that `Content-Encoding` names, in the order in which they were applied, `identity` left out. Node joins
 * several header lines with commas, which means the same (RFC 9110, 5.3).
 */
export function codingsOf(contentEncoding: string | undefined): readonly string[] {
  const names = (contentEncoding ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity');
}

/** Why a body with these codings cannot be decoded; undefined where it can. */
export function whyUndecodable(codings: readonly string[]): string | undefined {
  if (codings.length > mostCodings) return `has ${codings.length} codings, one over the other`;
  const unknown = codings.find((name) => !Object.hasOwn(decoders, name));
  // Only what looks like the name of a coding is shown: a header may hold anything.
  const shown = unknown && (/^[a-z0-9-]{1,20}$/.test(unknown) ? `"${unknown}"` : 'without a readable name');
  return shown && `has the coding ${shown}, which is not understood and was not asked for`;
}

/** The body without its codings. It breaks off with the error of what it is read from, and the other way round. */
export async function decoded(body: Readable, codings: readonly string[]): Promise<Readable> {
  let stream = body;
  for (const name of codings.toReversed()) {
    const decoder = await decoders[name]?.(stream);
    if (decoder) stream = pipeline(stream, decoder, () => undefined);
  }
  return stream;
}

/** Whether an error says that the bytes are not what their coding says. A stream that ends too early is another error: it was cut. */
export function isDecodingError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'Z_DATA_ERROR' || error.code === 'Z_NEED_DICT');
}

/** Looks at the first two bytes and leaves them there (RFC 1950, 2.2: method 8 is deflate, and both bytes are a multiple of 31). */
async function beginsWithZlibFrame(encoded: Readable): Promise<boolean> {
  let start = Buffer.alloc(0);
  while (start.length < 2 && !encoded.readableEnded) {
    const chunk: unknown = encoded.read();
    if (chunk instanceof Uint8Array) start = Buffer.concat([start, chunk]);
    // At the end it is readable once more, and gives nothing.
    else if (encoded.readableEnded || encoded.destroyed) break;
    else await Promise.race([once(encoded, 'readable'), once(encoded, 'end')]);
  }
  if (start.length > 0 && !encoded.readableEnded) encoded.unshift(start);
  return start.length < 2 || ((start[0] ?? 0) % 16 === 8 && start.readUInt16BE() % 31 === 0);
}
