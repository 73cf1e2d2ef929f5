import { readElements } from '@waybill/shared/scan-api/page.ts';
import { describe, expect, test } from 'vitest';
import { scan } from '../../test/memory-feed.ts';
import { SentEvents } from './sent-events.ts';

function event(eventId: number, fields?: Record<string, unknown>) {
  const [read] = readElements([scan(eventId, fields)]).events;
  if (!read) throw new Error('not an event');
  return read;
}

describe('what others have sent', () => {
  test('is known by its id and its content', () => {
    const sent = new SentEvents();
    sent.note(event(7));
    expect(sent.has(event(7))).toBe(true);
    expect(sent.has(event(8))).toBe(false);
    expect(sent.has(event(7, { StatusCode: 'corrected' }))).toBe(false);
    sent.note(event(7, { StatusCode: 'corrected' }));
    expect(sent.has(event(7, { StatusCode: 'corrected' }))).toBe(true);
  });

  test('goes with the stretch that its ids are in', () => {
    const sent = new SentEvents();
    for (const eventId of [4, 5, 9, 10]) sent.note(event(eventId));
    const part = sent.split(5, 10);
    expect([4, 5, 9, 10].map((eventId) => part.has(event(eventId)))).toEqual([false, true, true, false]);
    expect([4, 5, 9, 10].map((eventId) => sent.has(event(eventId)))).toEqual([true, false, false, true]);
  });

  test('is forgotten beyond a thousand events: they are sent twice, and fill no memory', () => {
    const sent = new SentEvents();
    for (let eventId = 1; eventId <= 1_200; eventId += 1) sent.note(event(eventId));
    expect(sent.has(event(1_000))).toBe(true);
    expect(sent.has(event(1_001))).toBe(false);
  });
});
