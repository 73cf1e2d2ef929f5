import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Seconds that a lane of `.ci/run` may take, by the npm script that it runs. */
function budgetsByScript(): ReadonlyMap<string, number> {
  const run = textOf('.ci/run');
  const seconds = new Map(
    [...run.matchAll(/^(\d+) ([a-z ]+)$/gm)].map(([, budget, name = '']) => [name, Number(budget)]),
  );
  const commands = /^(?:lane|test_lane) (?:'([^']+)'|(\S+)) (?:"\$SECONDS" )?(?:npm run )?(.+)$/gm;
  const scripts = [...run.matchAll(commands)].map(([, quoted, plain = '', script = '']) => {
    const name = quoted ?? plain;
    return [script, seconds.get(name) ?? Number.NaN] as const;
  });
  return new Map([...scripts, ['test:browser', seconds.get('browser') ?? Number.NaN]]);
}

/** Minutes that the table of lanes says, by command. */
function documentedMinutes(): ReadonlyMap<string, number> {
  const rows = textOf('CONTRIBUTING.md').matchAll(/^\| `(?:npm run )?([^`]+)` \|.*\| (\d+) min \|$/gm);
  return new Map([...rows].map(([, command = '', minutes]) => [command, Number(minutes)]));
}

test('CONTRIBUTING.md says the budgets of .ci/run, in minutes that are begun', () => {
  const documented = documentedMinutes();
  const seconds = budgetsByScript();
  const scripts = [
    'test:across',
    'test:simulation',
    'test:bench',
    'test:browser',
    'npm start',
    'typecheck',
    'lint',
    'deadcode',
    'synth',
  ];
  const expected = [['npm test', 'test'] as const, ...scripts.map((each) => [each, each] as const)];
  expect(expected.map(([command]) => [command, documented.get(command)])).toEqual(
    expected.map(([command, script]) => [command, Math.ceil((seconds.get(script) ?? Number.NaN) / 60)]),
  );
  const whole = Number(/^whole=(\d+)$/m.exec(textOf('.ci/run'))?.[1]);
  expect(documented.get('.ci/run')).toBe(whole / 60);
});
