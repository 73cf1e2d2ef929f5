import { eventJson, packOne, unpack } from '@waybill/shared/domain/pack.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyEvent, anyJson, anyText } from '../../packages/shared/test/arbitrary-events.ts';

const runs = { numRuns: 1_000 };

/** What any body must be answered with: a message or a reason, and elements that are events or rejections. */
function wellAnswered(body: string): void {
  const result = unpack(body);
  if (result.kind === 'unreadable') {
    expect(result.code).toMatch(/^(NOT_JSON|NOT_A_PACK|UNKNOWN_VERSION)$/);
    return;
  }
  for (const element of result.kind === 'pack' ? result.elements : [result.element]) {
    expect('event' in element ? element.event.eventId : element.rejection.code).toBeTruthy();
  }
}

const anyBytes = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const body = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: anyEvent().map(eventJson) },
      { weight: 1, arbitrary: anyJson.map((json) => JSON.stringify(json)) },
    ),
  )
  .map((elements) => packOne(elements.join()));

describe('unpacking never throws', () => {
  test('on any text', () => {
    fc.assert(fc.property(fc.oneof(anyText(200), fc.string(), fc.json()), wellAnswered), runs);
  });

  test('on any bytes, read as UTF-8 or as they are', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        wellAnswered(bytes.toString('utf8'));
        wellAnswered(bytes.toString('latin1'));
      }),
      runs,
    );
  });

  test('on any JSON, as a message, as its events, as one of them or as what could not be parsed', () => {
    fc.assert(
      fc.property(anyJson, (json) => {
        const text = JSON.stringify(json);
        wellAnswered(text);
        wellAnswered(`{"version":1,"events":${text}}`);
        wellAnswered(`{"version":${text},"events":[]}`);
        wellAnswered(`{"version":1,"unparsed":${text}}`);
        wellAnswered(packOne(text));
      }),
      runs,
    );
  });

  test('on a pack that was cut off, or that lost or changed a piece of itself', () => {
    fc.assert(
      fc.property(body, fc.nat(), fc.nat(30), anyText(3), (text, at, gone, other) => {
        const start = at % (text.length + 1);
        wellAnswered(text.slice(0, start));
        wellAnswered(text.slice(0, start) + other + text.slice(start + gone));
      }),
      runs,
    );
  });
});

describe('unpacking never loses a neighbour', () => {
  test('of whatever JSON lies between events', () => {
    const junk = anyJson.map((json) => ({ json: JSON.stringify(json) }));
    const good = anyEvent().map((event) => ({ event, json: eventJson(event) }));
    fc.assert(
      fc.property(fc.array(fc.oneof(good, junk)), (elements) => {
        const result = unpack(packOne(elements.map(({ json }) => json).join()));
        expect(result.kind).toBe('pack');
        const answered = result.kind === 'pack' ? result.elements : [];
        expect(answered).toHaveLength(elements.length);
        for (const [index, element] of elements.entries()) {
          if ('event' in element) expect(answered[index]).toEqual({ event: element.event });
        }
      }),
      runs,
    );
  });

  test('of an element nested as deep as JSON goes', () => {
    fc.assert(
      fc.property(anyEvent(), anyEvent(), fc.integer({ min: 1, max: 50_000 }), (before, after, levels) => {
        const deep = `${'{"a":['.repeat(levels)}${']}'.repeat(levels)}`;
        const result = unpack(packOne([eventJson(before), deep, eventJson(after)].join()));
        expect(result).toMatchObject({ kind: 'pack', elements: [{ event: before }, {}, { event: after }] });
      }),
      { numRuns: 50 },
    );
  });
});
