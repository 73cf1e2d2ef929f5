import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(import.meta.resolve('../..'));
const page = readFileSync(`${root}/docs/architecture.md`, 'utf8');
const [, table = ''] =
  /^\| package \| what it is \| its folders \|\n\|---\|---\|---\|\n((?:\|.*\n)+)/m.exec(page) ?? [];
/** The folders that each package's row names. */
const rows = new Map(
  [...table.matchAll(/^\| `([^`]+)` \|.*\| ?([^|]*)\|$/gm)].map(([, name = '', folders = '']) => [
    name,
    [...folders.matchAll(/`([^`]+)`/g)].map(([, folder = '']) => folder),
  ]),
);

describe('the packages of docs/architecture.md', () => {
  const sources = globSync(['packages/*/src', 'infra/src'], { cwd: root });

  test.each(sources)('have each folder of %s in their row, and no other', (source) => {
    const name = source.split('/').at(-2) ?? '';
    const folders = globSync(`${source}/*/`, { cwd: root }).map((path) => path.replace(/\/$/, '').split('/').at(-1));
    expect(rows.get(name)?.toSorted()).toEqual(folders.toSorted());
  });
});
