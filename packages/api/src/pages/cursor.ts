import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Caller } from '../access/caller.ts';
import { Problem } from '../problems/problem.ts';

/** The list that a page belongs to: its name, and the filters that were asked for. */
export type List = {
  readonly name: string;
  readonly filters: Readonly<Record<string, string | undefined>>;
};

/** Makes and reads cursors: where the next page of a list begins, as a text that only Waybill can read (decision 127). */
export type Cursors = {
  /** `position`: what the list's next page begins at, as JSON. */
  readonly seal: (caller: Caller, list: List, position: unknown) => string;
  /** Throws `INVALID_REQUEST` for anything but a cursor of this list with these filters. */
  readonly open: <Position>(list: List, cursor: string, shape: z.ZodType<Position>) => Position;
};

/** Characters of a cursor, at most; one of open parcels, the longest, has some 900. A longer text is not looked at. */
export const longestCursor = 4_096;

/** Of what is sealed and how. A release that changes either raises it, and a cursor of another release is refused. */
const format = 1;

const formatBytes = 1;
const keyIdBytes = 4;
const headBytes = formatBytes + keyIdBytes;
/** AES-GCM's own (NIST SP 800-38D). */
const nonceBytes = 12;
const tagBytes = 16;

type Key = { readonly id: Buffer; readonly secret: Buffer };

/**
 * Cursors under keys that all tasks of an API have and a restart does not change: one for each token, derived from its hash.
 *
 * @param tokens the entries of `API_TOKENS`; `sha256` in hex
 */
export function createCursors(tokens: readonly { readonly sha256: string }[], random = randomBytes): Cursors {
  const keys = new Map(tokens.map(({ sha256 }) => [sha256, keyOf(sha256)]));
  const [firstKey] = keys.values();
  const keysById = new Map([...keys.values()].map((key) => [key.id.toString('hex'), key]));
  return {
    seal: ({ tokenSha256 = '' }, list, position) => {
      const key = keys.get(tokenSha256) ?? firstKey;
      if (!key) throw new Error('a cursor is sealed for a caller with a token, and there is no token');
      const head = Buffer.concat([Buffer.of(format), key.id]);
      const nonce = random(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key.secret, nonce).setAAD(head);
      const content = JSON.stringify([digestOf(list), position]);
      const sealed = [cipher.update(content, 'utf8'), cipher.final()];
      return Buffer.concat([head, nonce, ...sealed, cipher.getAuthTag()]).toString('base64url');
    },
    open: (list, cursor, shape) => {
      const content = contentOf(cursor, keysById);
      if (!content) throw refused('it is not one that this API has made, or too old: begin again without it');
      const [digest, position] = content;
      if (digest !== digestOf(list)) {
        throw refused('it was made for another list or with other filters: repeat those, or begin again without it');
      }
      const { data, success } = shape.safeParse(position);
      if (!success) throw refused('it was made by another release: begin again without it');
      return data;
    },
  };
}

function refused(why: string): Problem {
  return new Problem('INVALID_REQUEST', `the cursor cannot be used: ${why}`, {
    errors: [{ pointer: '/cursor', detail: why }],
  });
}

function keyOf(sha256: string): Key {
  const derive = (use: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', Buffer.from(sha256, 'hex'), '', `waybill cursor ${use}`, bytes));
  return { id: derive('key id', keyIdBytes), secret: derive('key', 32) };
}

/** What a cursor holds; undefined where no key opens it. */
function contentOf(cursor: string, keysById: ReadonlyMap<string, Key>): readonly unknown[] | undefined {
  if (cursor.length > longestCursor) return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  // The decoder skips what is not base64url, and bits that no byte has: each cursor has one spelling.
  if (bytes.length < headBytes + nonceBytes + tagBytes || bytes.toString('base64url') !== cursor) return undefined;
  const head = bytes.subarray(0, headBytes);
  const key = keysById.get(head.subarray(formatBytes).toString('hex'));
  if (head[0] !== format || !key) return undefined;
  const nonce = bytes.subarray(headBytes, headBytes + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: tagBytes });
  decipher.setAAD(head).setAuthTag(bytes.subarray(-tagBytes));
  try {
    const sealed = bytes.subarray(headBytes + nonceBytes, -tagBytes);
    const content: unknown = JSON.parse(Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8'));
    return Array.isArray(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Filters that are not given count for nothing, and their order neither. */
function digestOf({ name, filters }: List): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  const text = JSON.stringify([name, given.sort(([a], [b]) => (a < b ? -1 : 1))]);
  return createHash('sha256').update(text).digest('base64url');
}
