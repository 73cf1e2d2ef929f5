import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../test/cli-rig.ts';
import type { Shell } from './tree.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-completion-'));
  for (const shell of ['bash', 'zsh', 'fish'])
    writeFileSync(join(folder, shell), (await runCommand(['completion', shell])).stdout);
});
afterAll(() => rmSync(folder, { recursive: true }));

const isThere = (shell: Shell) => spawnSync(shell, ['-c', 'exit 0']).status === 0;

/** Programs that source the script and print what it offers after these words; the last one is being typed. */
const programs: Readonly<Record<Shell, (words: readonly string[]) => readonly string[]>> = {
  bash: (words) => [
    '-c',
    `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _waybill; printf "%s\\n" "\${COMPREPLY[@]}"`,
    join(folder, 'bash'),
    ...words,
  ],
  // _describe is what shows a menu: here it prints what it is given, as compadd would narrow it down.
  zsh: (words) => [
    '-f',
    '-c',
    `compdef() {}; _describe() { local each; for each in \${(P)2}; do [[ $each == $words[CURRENT]* ]] && print -r -- \${each%%:*}; done; true }; source "$1"; shift; words=("$@"); CURRENT=$#; _waybill`,
    'zsh',
    join(folder, 'zsh'),
    ...words,
  ],
  fish: (words) => [
    '--no-config',
    '-c',
    `source ${join(folder, 'fish')}; complete -C '${words.join(' ')}' | string split -f1 \\t`,
  ],
};

function offered(shell: Shell, ...words: readonly string[]): readonly string[] {
  const { stdout, stderr } = spawnSync(shell, programs[shell](['waybill', ...words]), { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

const shells: readonly Shell[] = (['bash', 'zsh', 'fish'] as const).filter(isThere);

test('bash is there, so that at least one of the three is tried', () => {
  expect(shells).toContain('bash');
});

describe.each(shells)('in %s', (shell) => {
  test('groups and commands are offered', () => {
    expect(offered(shell, '')).toEqual(expect.arrayContaining(['operations', 'token', 'completion']));
    expect(offered(shell, 'oper')).toEqual(['operations']);
    expect(offered(shell, 'operations', '')).toEqual(expect.arrayContaining(['list', 'show']));
    expect(offered(shell, 'operations', 'sh')).toEqual(['show']);
  });

  test('flags of the command are offered, and of no other', () => {
    expect(offered(shell, 'operations', 'list', '--l')).toEqual(['--limit']);
    expect(offered(shell, 'operations', 'list', '--json', '--env')).toEqual(['--environment']);
    expect(offered(shell, 'operations', 'show', '--l')).toEqual([]);
  });

  test('words are offered where a value is one of a few', () => {
    expect(offered(shell, 'token', 'new', '--scope', 're')).toEqual(['read']);
    expect(offered(shell, 'token', 'new', '--scope', 'read', '--scope', 'op')).toEqual(['operate']);
    expect(offered(shell, 'completion', 'f')).toEqual(['fish']);
  });
});
