import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { blocksOf, trailingComments } from './blocks.ts';

test('blocks are named by heading and order, whatever stands between them', () => {
  const page = '# A\n```sh\none\n```\n```\nno\n```\n## B\n```ts\ntwo\n```\n  ```sh\n  three\n  ```\n';
  expect(blocksOf(page, ['sh', 'ts'])).toEqual([
    { name: 'A 1', language: 'sh', text: 'one\n' },
    { name: 'B 1', language: 'ts', text: 'two\n' },
    { name: 'B 2', language: 'sh', text: '  three\n' },
  ]);
});

// The runbook's need bash, and it says so.
test.each(['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md')])(
  '%s: no command has a comment behind it, which zsh would pass to the command',
  (page) => {
    const blocks = blocksOf(readFileSync(page, 'utf8'), ['sh']);
    expect(blocks.flatMap(trailingComments)).toEqual([]);
  },
);

test('no page says to start a TypeScript file without the Node that npm brings', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'infra/RUNBOOK.md', ...globSync('docs/*.md')];
  const bare = pages.flatMap((page) =>
    readFileSync(page, 'utf8')
      .split('\n')
      .filter((line) => /(?<!--call ")\bnode (--\S+ )*[\w/.-]+\.ts\b/.test(line))
      .map((line) => `${page}: ${line.slice(0, 80)}`),
  );
  expect(bare).toEqual([]);
});
