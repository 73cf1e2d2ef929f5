import { describeVariable, readEnv } from '@waybill/shared/process/env.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { notifyVariables, settingsOf } from './notify-variables.ts';
import { requirements } from './requirements/requirements.ts';

const read = (env: Readonly<Record<string, string>>) => settingsOf(readEnv(z.object(notifyVariables), env));

test('what is told is a delivery that is in state, unless the variables say more', () => {
  const { requirements: checked, ...rest } = read({});
  expect(checked.map(({ name }) => name)).toEqual(['reached']);
  expect(rest).toEqual({ milestones: ['delivery'], corrections: false, maxAgeMs: undefined });
  const all = read({
    NOTIFY: ' delivery  pickup',
    NOTIFY_CORRECTIONS: 'true',
    NOTIFY_REQUIREMENTS: 'picked-up recent',
    NOTIFY_MAX_AGE_HOURS: '2',
  });
  expect(all.requirements.map(({ name }) => name)).toEqual(['reached', 'recent', 'picked-up']);
  expect(all).toMatchObject({ milestones: ['pickup', 'delivery'], corrections: true, maxAgeMs: 7_200_000 });
});

test('a word that is none of them is refused, with those that are', () => {
  expect(() => read({ NOTIFY: 'delivery arrival' })).toThrow(/NOTIFY expected some of pickup, delivery.*got "arrival"/);
  expect(() => read({ NOTIFY: ' ' })).toThrow(/NOTIFY expected/);
  expect(() => read({ NOTIFY_REQUIREMENTS: 'reached, recent' })).toThrow(
    /NOTIFY_REQUIREMENTS expected.*got "reached,"/,
  );
});

test('a requirement of the list is one that the variable may name, and says what must hold', () => {
  const { allowed = '', meaning = '' } = describeVariable(notifyVariables.NOTIFY_REQUIREMENTS) ?? {};
  for (const { name, says } of requirements) {
    expect(allowed).toContain(name);
    expect(meaning).toContain(`\`${name}\`: ${says}`);
  }
});
