import { failureReasons } from '@waybill/shared/failures/failure-record.ts';
import { describe, expect, test } from 'vitest';
import { nextStep } from './next-step.ts';

const now = Date.parse('2026-11-28T22:00:00Z');
const record = {
  failureId: 'event-7',
  reason: 'INVALID_EVENT',
  detail: '',
  attempts: 4,
  parcelId: null,
  firstFailedAtUtc: '2026-11-27T22:00:00.000Z',
  lastFailedAtUtc: '2026-11-27T22:00:00.000Z',
  resolvedAtUtc: null,
  expiresAtUtc: null,
};

describe('what to do about a failure', () => {
  test.each([...failureReasons, 'OF_A_NEWER_RELEASE'])('of reason %s ends in the command', (reason) => {
    expect(nextStep({ ...record, reason }, now)).toContain('waybill dlq redrive --failure event-7');
  });

  test('that a redrive has cured is nothing', () => {
    expect(nextStep({ ...record, resolvedAtUtc: record.lastFailedAtUtc }, now)).toBe(
      'Nothing: a redrive has cured it.',
    );
  });

  test('whose message has expired is to replay its event', () => {
    const lastFailedAtUtc = '2026-11-10T22:00:00.000Z';
    expect(nextStep({ ...record, lastFailedAtUtc }, now)).toMatch(/: waybill replay --from 7 --to 7$/);
    const failureId = `body-${'0'.repeat(64)}`;
    expect(nextStep({ ...record, failureId, lastFailedAtUtc }, now)).toMatch(/Replay the part of the feed/);
    expect(nextStep({ ...record, lastFailedAtUtc: 'some day' }, now)).toContain('redrive');
  });
});
