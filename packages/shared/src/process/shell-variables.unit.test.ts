import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellLines } from './shell-variables.ts';

test('lines are an export for each value, quoted where a shell would change it, and one unset for the rest', () => {
  const lines = shellLines({
    A: 'plain-1.a/b:c@d',
    B: 'two words',
    P: '',
    J: `[{"a":"it's"}]`,
    Q: undefined,
    U: 'http://a/?b&c=*',
  });
  expect(lines).toEqual([
    'export A=plain-1.a/b:c@d',
    `export B='two words'`,
    `export J='[{"a":"it'\\''s"}]'`,
    `export U='http://a/?b&c=*'`,
    'unset P Q',
  ]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell reads them.
  const script = [...lines, 'printf "%s|" "$A" "$B" "$J" "$U" "${P-gone}" "${Q-gone}"'].join('\n');
  expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8', env: { P: 'x', Q: '' } })).toBe(
    `plain-1.a/b:c@d|two words|[{"a":"it's"}]|http://a/?b&c=*|gone|gone|`,
  );
});
