import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventsPerMessage, messagesPerSecond } from './capacity.ts';

/** CPU of a processor for an event as the benchmark found it on each engine, in microseconds. */
const measured = [
  ...readFileSync(new URL('../../../docs/benchmark.md', import.meta.url), 'utf8').matchAll(
    /^CPU µs per event\n.*\n.*\n +processor \| worker +(\d+) /gm,
  ),
].map(([, micros]) => Number(micros));

describe('what a processor stores', () => {
  it('is planned well below the dearest that was measured, and not without use for it', () => {
    expect(measured.length).toBeGreaterThanOrEqual(2);
    const share = messagesPerSecond(1024, 1) / (1e6 / Math.max(...measured));
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.75);
  });

  it('grows with its share of a core, and not beyond one core', () => {
    expect(messagesPerSecond(512, 100)).toBeCloseTo(2 * messagesPerSecond(256, 100));
    expect(messagesPerSecond(4096, 100)).toBe(messagesPerSecond(1024, 100));
  });

  it('is fewer messages where each carries more', () => {
    expect(messagesPerSecond(256, 400)).toBeCloseTo(messagesPerSecond(256, 100) / 4);
  });
});

describe('a full message', () => {
  it('carries a page, or what fits into a pack', () => {
    expect(eventsPerMessage({ limit: 100, messageMaxBytes: 61_440 })).toBe(100);
    expect(eventsPerMessage({ limit: 10_000, messageMaxBytes: 61_440 })).toBe(409);
    expect(eventsPerMessage({ limit: 100, messageMaxBytes: 1_024 })).toBe(6);
  });
});
