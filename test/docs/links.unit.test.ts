import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { deadLinks } from './links.ts';

const root = fileURLToPath(import.meta.resolve('../..'));
const paths = globSync(['*.md', '{docs,infra,.github,packages,test,bench}/**/*.md'], {
  cwd: root,
  exclude: (path) => /(^|\/)(node_modules|cdk\.out)$/.test(path),
});
const pages = new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));

test('every link and anchor of the docs leads somewhere', () => {
  expect([...pages.keys()]).toEqual(expect.arrayContaining(['README.md', 'infra/RUNBOOK.md', 'docs/glossary.md']));
  expect(deadLinks(pages, (path) => existsSync(join(root, path)))).toEqual([]);
});

describe('a link is dead', () => {
  const dead = (text: string) =>
    deadLinks(
      new Map([
        ['docs/page.md', text],
        ['docs/other.md', '# One `thing`, and more\n\n<a id="by-hand"></a>'],
      ]),
      (path) => ['docs/page.md', 'docs/other.md', 'docs', 'README.md'].includes(path),
    ).map((link) => link.replace('docs/page.md: ', ''));

  test('that leads to a file or an anchor that does not exist', () => {
    for (const link of ['gone.md', '../gone.md', 'other.md#gone', '#gone'])
      expect(dead(`[x](${link})`)).toEqual([link]);
  });

  test('but not one to a file, a folder, a heading, an anchor or another host, or an example in code', () => {
    const links = ['other.md', '../README.md', '../docs/', 'other.md#one-thing-and-more', 'other.md#by-hand', '#own'];
    expect(dead(`# Own\n\n${links.map((link) => `[x](${link})`).join('\n')}`)).toEqual([]);
    expect(dead('[x](https://carrier.example/gone#at-all) `[x](gone.md)`\n```md\n[x](gone.md)\n```\n')).toEqual([]);
  });
});

describe('the glossary', () => {
  const glossary = pages.get('docs/glossary.md') ?? '';
  const words = [...glossary.matchAll(/^\| <a id="([^"]+)"><\/a>([^|]+) \| ([^|]+) \|$/gm)];

  test('explains each word once, in its part by the alphabet', () => {
    const ids = words.map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const part of glossary.split(/^## /m)) {
      const own = [...part.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
      expect(own).toEqual(own.toSorted());
    }
    expect(glossary.match(/<a id=/g)).toHaveLength(words.length);
  });

  test('is linked from the pages that use its words', () => {
    const others = ['configuration.md', 'cost.md', 'metrics.md', 'scale.md', 'upgrades.md'].map(
      (page) => `docs/${page}`,
    );
    for (const page of ['README.md', 'infra/RUNBOOK.md', 'docs/architecture.md', ...others])
      expect(pages.get(page), page).toMatch(/glossary\.md#/);
  });

  test('has no word that no page links', () => {
    const texts = [...pages].flatMap(([page, text]) => (page === 'docs/glossary.md' ? [] : [text])).join('\n');
    expect(words.filter(([, id]) => !texts.includes(`glossary.md#${id})`)).map(([, id]) => id)).toEqual([]);
  });
});
