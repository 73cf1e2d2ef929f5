import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runCommand } from '../../test/cli-rig.ts';
import { wordsOf } from '../../test/example-words.ts';
import { type Command, type Given, shapeOf } from '../command/command.ts';
import { groups } from '../command/groups.ts';
import { createProgram } from '../program.ts';
import { commands } from './registry.ts';

const page = readFileSync(fileURLToPath(import.meta.resolve('../../../../docs/waybill.md')), 'utf8');

/** What commander makes of a command line, without running it. */
async function parsed(line: string): Promise<{ command: Command; given: Given } | undefined> {
  let found: { command: Command; given: Given } | undefined;
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const program = createProgram(commands, {
    ...{ version: '0', columns: 80, writeOut: say, writeError: say },
    run: async (command, given) => {
      found = { command, given };
    },
  });
  await program.parseAsync([...wordsOf(line)], { from: 'user' });
  return found;
}

test('each command has a name of its own, and each group a description', () => {
  const names = commands.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const first = names.filter((name) => name.includes(' ')).map((name) => name.split(' ')[0] ?? '');
  expect(
    first.filter((group) => !groups[group]),
    'groups.ts says what each is about',
  ).toEqual([]);
});

describe.each(commands.map((command) => [command.name, command] as const))('waybill %s', (name, command) => {
  test('has two or three examples, which are lines of its own that it accepts', async () => {
    expect([2, 3]).toContain(command.examples.length);
    for (const { line, says } of command.examples) {
      expect((await parsed(line))?.command.name, line).toBe(name);
      expect(says).not.toMatch(/\.$/);
    }
  });

  test('says what it does in one line', () => {
    expect(command.summary).toMatch(/^[a-z].*[^.]$/);
    expect(command.summary.length).toBeLessThanOrEqual(80);
  });

  test('begins its help with its examples, in 80 columns, and says each option', async () => {
    const { code, stdout, stderr } = await runCommand([...name.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Examples:\n {2}waybill /);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('has a shape of what it prints as JSON, which says each of its fields', async () => {
    if (command.prints === 'text') return;
    const shape = await shapeOf(command);
    expect(shape).toBeInstanceOf(z.ZodType);
    // An open shape would hold whatever is printed.
    expect(JSON.stringify(z.toJSONSchema(shape ?? z.any(), { io: 'output', unrepresentable: 'any' }))).not.toBe('{}');
  });

  test('has its section in docs/waybill.md', () => {
    expect(page).toContain(`\n## waybill ${name}\n`);
  });
});

describe('a command line that is wrong', () => {
  test.for([
    ['operation list', "unknown command 'operation'\n(Did you mean operations?)"],
    ['operations lst', '(Did you mean list?)'],
    ['operations list --limt 5', "unknown option '--limt'\n(Did you mean --limit?)"],
    ['operations list 5', 'too many arguments'],
    ['operations list --limit', 'argument missing'],
    ['operations list --limit none', 'expected a whole number 1–10,000, got "none"'],
    ['operations show', "missing required argument 'OPERATION_ID'"],
    ['operations show 5', 'waybill: OPERATION_ID: expected an id such as'],
    ['operations list --limit 0', 'waybill: --limit: expected a whole number 1–10,000, got "0"\n'],
    ['operations show', '\n  Try: waybill operations show --help\n'],
    ['operations lst', '\n  Try: waybill operations --help\n'],
    ['operation', '\n  Try: waybill --help\n'],
    ['operations', 'Usage: waybill operations'],
    ['', 'Usage: waybill'],
  ])('%j ends with 2 and says what was meant: %j', async ([line = '', expected = '']) => {
    const { code, stdout, stderr } = await runCommand(wordsOf(line));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(expected);
  });
});

test.for(['', 'dlq', 'parcels'])('waybill %s begins its help with examples, in 80 columns', async (name) => {
  const { code, stdout } = await runCommand([...wordsOf(name), '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Examples:\n {2}waybill \w+/);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('--version is that of the repository', async () => {
  const manifest = readFileSync(fileURLToPath(import.meta.resolve('../../../../package.json')), 'utf8');
  expect(await runCommand(['--version'])).toEqual({
    ...{ code: 0, stderr: '' },
    stdout: `${z.object({ version: z.string() }).parse(JSON.parse(manifest)).version}\n`,
  });
});
