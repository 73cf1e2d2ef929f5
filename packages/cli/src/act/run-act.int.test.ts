import { actResultShape, planShape } from '@waybill/operations/record/operation-shape.ts';
import { costOf, type Plan } from '@waybill/operations/record/plan.ts';
import { describe, expect, test } from 'vitest';
import { type RunOptions, runCommand, useCommandLine } from '../../test/cli-rig.ts';
import { command } from '../command/command.ts';
import type { Act } from '../tools/tools.ts';

const { env } = useCommandLine(process.env);

const plan: Plan = {
  count: 3,
  isMoreThan: false,
  byReason: { INVALID_EVENT: 3 },
  oldestUtc: null,
  newestUtc: null,
  samples: [],
  cost: costOf({ sqsRequests: 3 }),
  notLookedAt: [],
  warnings: ['the fix is not out'],
};

/** Runs an act that does as a test says. */
async function runAct(args: readonly string[], act: Partial<Act<{ plan: Plan }>> = {}, options: RunOptions = {}) {
  const calls: string[] = [];
  const acting = command({
    name: 'try it',
    summary: 'an act',
    examples: [{ line: 'try it', says: 'tries it' }],
    isAct: true,
    prints: 'document',
    run: (_given, tools) =>
      tools.act<{ plan: Plan }>({
        kind: 'redrive-some',
        filter: { reason: 'INVALID_EVENT' },
        plan: async () => ({ plan }),
        sentence: () => 'Redrives 3 messages.',
        run: async () => {
          calls.push('run');
          return { outcome: 'done', counts: { redriven: 3 }, problems: [] };
        },
        ...act,
      }),
  });
  const ran = await runCommand(['try', 'it', ...args], { ...options, env: await env(), commands: [acting] });
  return { ...ran, calls };
}

const show = async (operationId: string) => {
  const { stdout } = await runCommand(['operations', 'show', operationId, '--json'], { env: await env() });
  return JSON.parse(stdout);
};

describe('an act', () => {
  test('prints its plan under --dry-run, and does nothing', async () => {
    const json = await runAct(['--dry-run', '--json']);
    expect(planShape.parse(JSON.parse(json.stdout))).toEqual(plan);
    const { code, stdout, calls } = await runAct(['--dry-run']);
    expect({ code, calls }).toEqual({ code: 0, calls: [] });
    for (const text of ['Redrives 3 messages.', '3 INVALID_EVENT', '3 SQS requests', 'Warning: the fix is not out'])
      expect(stdout).toContain(text);
  });

  test('without a terminal is refused before its plan unless --yes and --because are given', async () => {
    expect(await runAct(['--because', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('so --yes must'),
    });
    const missing = await runAct([], { plan: () => Promise.reject(new Error('planned')) });
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes and --because TEXT must') });
  });

  test('is on record with who did it, why, its plan and its end', async () => {
    const { code, stdout, calls } = await runAct(['--yes', '--because', 'the dates are mended', '--json']);
    expect({ code, calls }).toEqual({ code: 0, calls: ['run'] });
    const { operationId } = actResultShape.parse(JSON.parse(stdout));
    expect(await show(operationId ?? '')).toMatchObject({
      ...{ kind: 'redrive-some', by: 'local:tester', because: 'the dates are mended', plan },
      ...{ filter: { reason: 'INVALID_EVENT' }, outcome: 'done', counts: { redriven: 3 } },
    });
  });

  test.for([
    ['partly', 3],
    ['refused', 4],
    ['cancelled', 130],
    ['failed', 1],
  ] as const)('that ends %s ends with %i, and says what went wrong', async ([outcome, expected]) => {
    const run = async () => ({ outcome, counts: {}, problems: ['one was left'] });
    const { code, stdout } = await runAct(['--yes', '--because', 'x'], { run });
    expect(code).toBe(expected);
    expect(stdout).toContain('one was left');
  });

  test('asks on a terminal: why, and whether to go on', async () => {
    expect(await runAct([], {}, { columns: 80, typed: ['mended', 'y'] })).toMatchObject({ code: 0, calls: ['run'] });
    const no = await runAct([], {}, { columns: 80, typed: ['mended', 'n'] });
    expect(no).toMatchObject({ code: 4, calls: [], stderr: expect.stringContaining('Nothing was done.') });
    expect(await runAct([], {}, { columns: 80, typed: ['', 'y'] })).toMatchObject({ code: 2, calls: [] });
  });

  test('asks for a word to be typed where it is that dangerous', async () => {
    const typed = { question: 'Type the feed: ', expected: 'scan-events', flag: '--feed' };
    const because = ['--because', 'x'];
    expect(await runAct(because, { typed }, { columns: 80, typed: ['y'] })).toMatchObject({ code: 4, calls: [] });
    expect(await runAct(because, { typed }, { columns: 80, typed: ['scan-events'] })).toMatchObject({ code: 0 });
  });

  test('with nothing to do says so and writes no record', async () => {
    const { code, stdout, calls } = await runAct(['--yes', '--because', 'x'], {
      plan: async () => ({ plan: { ...plan, count: 0 } }),
    });
    expect({ code, stdout, calls }).toEqual({ code: 0, stdout: 'Nothing to do.\n', calls: [] });
  });

  test('that is interrupted hands back what it holds and ends with 130; a second Ctrl-C leaves it behind', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const handedBack: string[] = [];
    const run: Act<{ plan: Plan }>['run'] = async (_planned, { signal }) => {
      first.abort();
      await new Promise((resolve) => setTimeout(resolve, 50));
      handedBack.push(signal.aborted ? 'handed back' : 'not told');
      return { outcome: 'cancelled', counts: {}, problems: [] };
    };
    const args = ['--yes', '--because', 'x'];
    expect(await runAct(args, { run }, { first: first.signal })).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('Ctrl-C again ends it at once'),
      stdout: expect.stringContaining('On record: waybill operations show '),
    });
    expect(handedBack).toEqual(['handed back']);
    const stuck: Act<{ plan: Plan }>['run'] = () => {
      first.abort();
      second.abort();
      return new Promise(() => undefined);
    };
    const signals = { first: first.signal, second: second.signal };
    expect(await runAct(args, { run: stuck, plan: async () => ({ plan }) }, signals)).toMatchObject({ code: 130 });
  });
});
