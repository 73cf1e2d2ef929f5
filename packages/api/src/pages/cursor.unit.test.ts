import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Caller } from '../access/caller.ts';
import { Problem } from '../problems/problem.ts';
import { createCursors, type List, longestCursor } from './cursor.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const [one, other] = [sha256('one'), sha256('other')];
const caller = (tokenSha256?: string): Caller => ({
  name: 'reports',
  scopes: new Set(['read']),
  ...(tokenSha256 !== undefined && { tokenSha256 }),
});

const cursors = createCursors([{ sha256: one }]);
const list: List = { name: 'parcels', filters: { open: 'true', stage: undefined } };
const anything = z.json();

/** The code of the problem that opening ends with, and the sentence that says why; undefined where it does not. */
function refusal(open: () => unknown) {
  try {
    open();
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { code: error.code, pointer: error.more.errors?.[0]?.pointer, why: error.more.errors?.[0]?.detail };
  }
}

const notOurs = {
  code: 'INVALID_REQUEST',
  pointer: '/cursor',
  why: expect.stringContaining('not one that this API has made'),
};
const lists = fc.record({
  name: fc.string(),
  filters: fc.dictionary(fc.string(), fc.option(fc.string(), { nil: undefined })),
});
/** As JSON brings it back: it knows no -0, and no member without a value. No position has a member that zod takes out. */
const positions = fc
  .json()
  .filter((json) => !json.includes('__proto__'))
  .map((json): unknown => JSON.parse(json));

describe('a cursor', () => {
  test('brings back any position of any list, in characters that a URL need not escape', () => {
    fc.assert(
      fc.property(lists, positions, (of, position) => {
        const cursor = cursors.seal(caller(one), of, position);
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(cursors.open(of, cursor, anything)).toEqual(position);
      }),
    );
  });

  test('with any bit flipped, any character lost, added or replaced is refused', () => {
    const cursor = cursors.seal(caller(one), list, ['5002']);
    const bytes = Buffer.from(cursor, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(refusal(() => cursors.open(list, flipped.toString('base64url'), anything))).toEqual(notOurs);
    }
    const characters = fc.constantFrom(...'AZaz09-_+/=. \u0000é');
    fc.assert(
      fc.property(fc.nat(cursor.length), fc.nat(2), fc.string({ unit: characters, maxLength: 3 }), (at, lost, put) => {
        const changed = cursor.slice(0, at) + put + cursor.slice(at + lost);
        fc.pre(changed !== cursor);
        expect(refusal(() => cursors.open(list, changed, anything))).toEqual(notOurs);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(refusal(() => cursors.open(list, text, anything))).toEqual(notOurs);
      }),
    );
  });

  test('longer than any that is made is refused unread', () => {
    const long = cursors.seal(caller(one), list, 'x'.repeat(longestCursor));
    expect(refusal(() => cursors.open(list, long, anything))).toEqual(notOurs);
  });

  test('is refused by another list and with other filters, and whatever the order of the same ones is not', () => {
    const cursor = cursors.seal(caller(one), { name: 'parcels', filters: { open: 'true', stage: 'exception' } }, 1);
    const open = (name: string, filters: List['filters']) => cursors.open({ name, filters }, cursor, anything);
    expect(open('parcels', { stage: 'exception', lastScanBefore: undefined, open: 'true' })).toBe(1);
    const why = expect.stringContaining('another list or with other filters');
    for (const ask of [
      () => open('failures', { open: 'true', stage: 'exception' }),
      () => open('parcels', { open: 'true' }),
      () => open('parcels', { open: 'true', stage: 'exception', lastScanBefore: '2021-05-11T21:15:34Z' }),
      () => open('parcels', { open: 'true', stage: 'returned' }),
    ]) {
      expect(refusal(ask)).toEqual({ ...notOurs, why });
    }
  });

  test('with a position of another form, as another release may have, is refused', () => {
    const cursor = cursors.seal(caller(one), list, ['5002']);
    const why = expect.stringContaining('another release');
    expect(refusal(() => cursors.open(list, cursor, z.string()))).toEqual({ ...notOurs, why });
  });

  test('of another format is refused', () => {
    const bytes = Buffer.from(cursors.seal(caller(one), list, 1), 'base64url');
    for (const format of [0, 2, 255]) {
      bytes[0] = format;
      expect(refusal(() => cursors.open(list, bytes.toString('base64url'), anything))).toEqual(notOurs);
    }
  });

  test('is read by every task that knows the token, before, during and after a rotation of others', () => {
    const [before, during, after] = [[one], [one, other], [other]].map((hashes) =>
      createCursors(hashes.map((each) => ({ sha256: each }))),
    );
    const byOld = before?.seal(caller(one), list, 'old') ?? '';
    const byNew = during?.seal(caller(other), list, 'new') ?? '';
    expect(createCursors([{ sha256: one }]).open(list, byOld, anything)).toBe('old');
    expect(during?.open(list, byOld, anything)).toBe('old');
    expect(after?.open(list, byNew, anything)).toBe('new');
    expect(refusal(() => after?.open(list, byOld, anything))).toEqual(notOurs);
    expect(refusal(() => before?.open(list, byNew, anything))).toEqual(notOurs);
    expect(refusal(() => createCursors([]).open(list, byOld, anything))).toEqual(notOurs);
  });

  test('shows nothing of its position, and is never the same twice', () => {
    const [first = '', second = ''] = [0, 1].map(() => cursors.seal(caller(one), list, 'parcel-5002'));
    expect(first).not.toBe(second);
    expect(Buffer.from(first, 'base64url').toString('latin1')).not.toContain('5002');
  });
});
