import { expect, test } from 'vitest';
import { operationState } from './operation-state.ts';

const startedAtUtc = '2026-11-28T22:15:00.000Z';
const at = (seconds: number) => Date.parse(startedAtUtc) + seconds * 1_000;
const heartbeatAtUtc = new Date(at(30)).toISOString();
const cancelRequestedAtUtc = new Date(at(31)).toISOString();

test.each([
  ['has just begun', {}, 1, 'running'],
  ['was heard of lately', { heartbeatAtUtc }, 90, 'running'],
  ['is silent for over a minute', { heartbeatAtUtc }, 91, 'interrupted'],
  ['was never heard of', {}, 61, 'interrupted'],
  ['is to be cancelled', { heartbeatAtUtc, cancelRequestedAtUtc }, 32, 'cancelling'],
  ['was to be cancelled and is silent', { heartbeatAtUtc, cancelRequestedAtUtc }, 200, 'interrupted'],
  ['has an outcome', { heartbeatAtUtc, cancelRequestedAtUtc, outcome: 'done' }, 9_999, 'ended'],
  ['was begun by a clock that is ahead', {}, -600, 'running'],
])('an act that %s is %s', (_, fields, now, state) => {
  expect(operationState({ startedAtUtc, ...fields }, at(now))).toBe(state);
});
