import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { WaybillError } from '../error.ts';
import { describeVariable, readEnv } from './env.ts';
import { stagesVariable } from './stages-variable.ts';

/** The lines of the error that a process with this `STAGES` ends with; none where it starts. */
function errorsOf(STAGES: string | undefined): readonly string[] {
  try {
    readEnv(z.object({ STAGES: stagesVariable }), { STAGES });
    return [];
  } catch (error) {
    if (error instanceof WaybillError && error.code === 'CONFIG_INVALID') return error.message.split('\n').slice(1);
    throw error;
  }
}

describe('STAGES', () => {
  test('is a mapping, and an empty one by default', () => {
    const read = (STAGES?: string) => readEnv(z.object({ STAGES: stagesVariable }), { STAGES }).STAGES;
    expect([...read('{"HELD":"exception"}')]).toEqual([['HELD', 'exception']]);
    for (const text of [undefined, '', '{}']) expect([...read(text)]).toEqual([]);
    expect(describeVariable(stagesVariable)?.default).toBe('`{}`');
  });

  test('is refused with a line for each mistake, which names key and value', () => {
    expect(
      errorsOf('{"":"lost","A":"delivered","B":["x"],"C":5,"D":"returned","D":"returned","/E":"exception"}'),
    ).toEqual([
      '  STAGES expected a key "TYPE" or "TYPE/STATUSCODE" with a type that is not empty, got ""',
      expect.stringMatching(/^ {2}STAGES expected one of registered, in-transit, .*, cancelled for "", got "lost"$/),
      '  STAGES has "delivered" for "A", which only a delivery can say: remove it',
      expect.stringMatching(/ for "B", got an array$/),
      expect.stringMatching(/ for "C", got 5$/),
      '  STAGES expected a key "TYPE" or "TYPE/STATUSCODE" with a type that is not empty, got "/E"',
      '  STAGES has the key "D" more than once',
    ]);
  });

  test('that is no JSON object is shown up to its hundredth character', () => {
    const expected = '  STAGES expected a JSON object with keys "TYPE" or "TYPE/STATUSCODE" and stages as values';
    expect(errorsOf('STATUS=exception')).toEqual([`${expected}, got "STATUS=exception"`]);
    expect(errorsOf('[]')).toEqual([`${expected}, got "[]"`]);
    expect(errorsOf('x'.repeat(300))).toEqual([`${expected}, got "${'x'.repeat(100)}…"`]);
  });

  test('shows no password or query of a URL that stands in it by mistake', () => {
    const url = 'https://user:hunter2@host/v1?key=hunter2';
    for (const text of [url, JSON.stringify({ A: url })]) expect(errorsOf(text).join()).not.toContain('hunter2');
  });
});
