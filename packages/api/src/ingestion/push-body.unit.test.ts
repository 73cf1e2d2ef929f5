import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decompressed, elementsOf, requireReadable } from './push-body.ts';

const bytes = (text: string) => Buffer.from(text);
const invalid = (pointer: string, detail: string) =>
  expect.objectContaining({
    code: 'INVALID_REQUEST',
    more: expect.objectContaining({ errors: [{ pointer, detail }] }),
  });

describe('the envelope', () => {
  test('is that of the feed: other members and a byte order mark do not matter', () => {
    expect(elementsOf(bytes('\uFEFF{"Total":1,"ScanEvents":[{"EventId":1},7,null]}'))).toEqual([
      { EventId: 1 },
      7,
      null,
    ]);
    const escaped = '{"ScanEvents":[{"Type":"\\u0053ortiert","ScanEvents":[]}]}';
    expect(elementsOf(bytes(escaped))).toHaveLength(1);
  });

  test.each([
    ['{"ScanEvents":[', '', 'must be JSON'],
    ['', '', 'must be JSON'],
    ['null', '', 'must be an object with an array "ScanEvents"'],
    ['[{"EventId":1}]', '', 'must be an object with an array "ScanEvents"'],
    ['{"scanEvents":[1]}', '', 'must be an object with an array "ScanEvents"'],
    ['{"ScanEvents":null}', '/ScanEvents', 'must be an array'],
    ['{"ScanEvents":[]}', '/ScanEvents', 'must have 1 to 10000 elements, not 0'],
    [`{"ScanEvents":[${'0,'.repeat(10_000)}0]}`, '/ScanEvents', 'must have 1 to 10000 elements, not 10001'],
    ['{"ScanEvents":[1],"ScanEvents":[2]}', '/ScanEvents', 'must not stand there twice'],
    ['{"ScanEvents":[1],"\\u0053canEvents":[2]}', '/ScanEvents', 'must not stand there twice'],
  ])('%.40s is refused', (text, pointer, detail) => {
    expect(() => elementsOf(bytes(text))).toThrow(invalid(pointer, detail));
  });

  test('in other bytes than UTF-8 is refused', () => {
    expect(() => elementsOf(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow(invalid('', 'must be JSON in UTF-8'));
  });

  test('of nothing but brackets is refused before it is parsed', () => {
    const deep = `{"ScanEvents":[${'['.repeat(500_000)}`;
    expect(() => elementsOf(bytes(deep))).toThrow(invalid('', 'must not hold more than 500000 objects and arrays'));
  });

  test('is read at any depth', () => {
    const depth = 50_000;
    expect(elementsOf(bytes(`{"ScanEvents":[${'['.repeat(depth)}${']'.repeat(depth)}]}`))).toHaveLength(1);
  });
});

describe('a compressed body', () => {
  test('is decompressed, of several parts too', async () => {
    const both = Buffer.concat([gzipSync('{"Scan'), gzipSync('Events":[1]}')]);
    expect((await decompressed(both, 1_000)).toString()).toBe('{"ScanEvents":[1]}');
  });

  test('that is more than may be is given up at the bound', async () => {
    await expect(decompressed(gzipSync(Buffer.alloc(5_000_000)), 1_000_000)).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  test.each([
    ['cut off', gzipSync('{"ScanEvents":[1]}').subarray(0, -9)],
    ['none', bytes('{"ScanEvents":[1]}')],
    ['empty', bytes('')],
  ])('that is %s is refused', async (_what, received) => {
    await expect(decompressed(received, 1_000)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});

describe('a body', () => {
  test.each([
    ['application/json', undefined],
    ['Application/JSON; Charset="UTF-8"', 'identity'],
    ['application/json;charset=utf-8', 'gzip'],
    ['application/json', 'x-gzip, identity'],
  ])('of the type %s with the coding %s is taken', (type, coding) => {
    const headers = { 'content-type': type, ...(coding !== undefined && { 'content-encoding': coding }) };
    expect(() => requireReadable(headers)).not.toThrow();
  });

  test.each([
    [undefined, undefined],
    ['text/plain', undefined],
    ['application/json; charset=utf-16', undefined],
    ['application/json', 'br'],
    ['application/json', 'gzip, gzip'],
  ])('of the type %s with the coding %s is not', (type, coding) => {
    const headers = {
      ...(type !== undefined && { 'content-type': type }),
      ...(coding !== undefined && { 'content-encoding': coding }),
    };
    expect(() => requireReadable(headers)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_MEDIA_TYPE' }));
  });

  test('of a type with very many spaces is refused in no time', async () => {
    const spaces = ' '.repeat(300_000);
    for (const type of [`application/json${spaces}x`, `application/json;${spaces}charset${spaces}=${spaces}x`])
      expect(() => requireReadable({ 'content-type': type })).toThrow('application/json');
    // Lets the limit of the test ring, which no synchronous one hears.
    await nextTurn();
  });
});
