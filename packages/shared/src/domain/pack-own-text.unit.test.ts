import { describe, expect, test } from 'vitest';
import { limits } from '../resources.ts';
import { packOne, packUnparsed, unpack } from './pack.ts';

const first = '{"EventId":9007199254740992,"ParcelId":340434161094015932,"Type":"STATUS"}';
const second = first.replace('40992', '40993');
const odd = String.raw`{"EventId":0,"n":[1.10,1e400,-0,1E5,123456789012345678901234567890],"s":"\/\u0041","a":1,"a":2}`;

describe('what is no event travels in its own text', () => {
  test.each([first, second, odd])('from a page to its message, and from there to a failure: %s', (text) => {
    const body = packUnparsed(JSON.parse(text), text);
    expect(body).toBe(`{"version":1,"unparsed":${text}}`);
    expect(unpack(body)).toMatchObject({ kind: 'unparsed', element: { json: text } });
  });

  test('from a pack to a message of its own, without the space between tokens', () => {
    const event = '{"eventId":1e0,"parcelId":2.0,"type":"STATUS","createdDateTimeUtc":"2021-05-11T21:11:34Z"}';
    const spaced = `{"version":1, "events": [${event}, ${first.replaceAll(',', ' ,\n ')} ,${second},${odd}]}`;
    expect(unpack(spaced)).toMatchObject({
      kind: 'pack',
      elements: [{ event: { eventId: 1, parcelId: 2 } }, { json: first }, { json: second }, { json: odd }],
    });
  });

  test('as ASCII, and as its beginning where it is too large or too deep', () => {
    expect(packUnparsed(['é'], '["é"]')).toBe(String.raw`{"version":1,"unparsed":["\u00e9"]}`);
    const start = '{"EventId":9007199254740993,"text":"';
    const large = `${start}${'x'.repeat(limits.sendBytes)}"}`;
    const deep = `{"EventId":9007199254740993,"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    for (const [text, reason] of [
      [large, 'TOO_LARGE'],
      [deep, 'TOO_DEEP'],
    ] as const) {
      const { unparsed } = JSON.parse(packUnparsed(JSON.parse(text), text));
      expect(unparsed).toEqual({ cut: text.slice(0, unparsed.cut.length), reason });
      expect(unparsed.cut.length).toBeGreaterThan(30_000);
    }
    expect(unpack(packOne(deep))).toMatchObject({ elements: [{ json: undefined }] });
  });

  test('and is read once where it comes again in the same pack', () => {
    const event = '{"eventId":1,"parcelId":2,"type":"STATUS","createdDateTimeUtc":"2021-05-11T21:11:34Z"}';
    const result = unpack(packOne([...Array(80_000).fill('{}'), event, first, second, first].join(',')));
    expect(result).toMatchObject({ kind: 'pack', elements: { length: 80_004 } });
    const elements = result.kind === 'pack' ? result.elements : [];
    // The same objects, which is why it takes little time.
    expect([...new Set(elements)]).toMatchObject([
      { rejection: { code: 'MISSING' }, json: '{}' },
      { event: { eventId: 1 } },
      { json: first },
      { json: second },
    ]);
    expect(elements.at(-1)).toBe(elements.at(-3));
  });
});
