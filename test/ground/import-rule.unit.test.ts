import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { allowed, breachesOf } from './import-rule.ts';
import { readSources } from './sources.ts';

/** The breaches of a tree of files, each given by the modules that it imports. */
function breaches(tree: Readonly<Record<string, readonly string[]>>): string[] {
  const text = (modules: readonly string[]) => modules.map((module) => `import { x } from '${module}';`).join('\n');
  return breachesOf(new Map(Object.entries(tree).map(([path, modules]) => [path, text(modules)])));
}

test('this repository keeps the import rule', () => {
  expect(breachesOf(readSources(fileURLToPath(import.meta.resolve('../..'))))).toEqual([]);
});

test('a tree that keeps it has no breach', () => {
  expect(
    breaches({
      'packages/shared/src/clock.ts': [],
      'packages/consumer/src/consume.ts': ['@waybill/shared/clock.ts'],
      'packages/processor/src/run.ts': ['@waybill/consumer/consume.ts', './parcels/write.ts', './settings.ts', 'pino'],
      'packages/processor/src/settings.ts': [],
      'packages/processor/src/parcels/write.ts': ['../settings.ts'],
      'packages/carrier/src/feed.unit.test.ts': ['@waybill/local/oracle.ts', '../../poller/test/measured.ts'],
      'packages/local/src/oracle.ts': ['@waybill/carrier/feed.ts'],
      'infra/src/app.ts': ['@waybill/processor/settings.ts'],
      'bench/src/main.ts': ['@waybill/infra/app.ts', '../../images/bundle.ts', '@waybill/local/oracle.ts'],
    }),
  ).toEqual([]);
});

describe('the rule is the same in the docs:', () => {
  const packages = Object.keys(allowed).flatMap((part) => /^packages\/(.+)/.exec(part)?.[1] ?? []);
  /** The parts that each part may import, by their names in the docs, in the order of the alphabet. */
  const rule = new Map(
    Object.entries(allowed).map(([part, others]) => {
      const own = part.replace('packages/', '');
      const names = others.flatMap((other) => (other === 'packages/*' ? packages : other.replace('packages/', '')));
      return [own, names.filter((name) => name !== own).toSorted()];
    }),
  );
  const textOf = (page: string) => readFileSync(fileURLToPath(import.meta.resolve(`../../${page}`)), 'utf8');

  test('in the table of CONTRIBUTING.md', () => {
    const [, table = ''] =
      /^\| part \| may import \|\n\|---\|---\|\n((?:\|.*\n)+)/m.exec(textOf('CONTRIBUTING.md')) ?? [];
    const rows = [...table.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, part = '', others = '']) => {
      const named = [...others.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
      const names = others.includes('all packages') ? [...packages, ...named] : named;
      return [part, names.filter((name) => name !== part).toSorted()] as const;
    });
    expect(new Map(rows)).toEqual(rule);
  });

  test('in the diagram of docs/architecture.md, whose arrows lead on', () => {
    const [, diagram = ''] = /^flowchart BT\n([\s\S]*?)^```$/m.exec(textOf('docs/architecture.md')) ?? [];
    const arrows = new Map(
      [...diagram.matchAll(/^ {2}(\w+) --> (.+)$/gm)].map(([, from = '', to = '']) => [from, to.split(' & ')]),
    );
    const reached = (part: string): string[] => (arrows.get(part) ?? []).flatMap((to) => [to, ...reached(to)]);
    for (const [part, others] of rule) expect([...new Set(reached(part))].toSorted(), part).toEqual(others);
    expect([...arrows.keys()].filter((part) => !rule.has(part))).toEqual([]);
  });
});

describe('the rule is broken by', () => {
  test.for([
    ['packages/shared/src/a.ts', '@waybill/consumer/b.ts', 'packages/shared may import itself only'],
    ['packages/consumer/src/a.ts', '@waybill/processor/b.ts', 'packages/consumer may import packages/shared'],
    [
      'packages/processor/src/a.ts',
      '@waybill/poller/b.ts',
      'packages/processor may import packages/shared, packages/cons',
    ],
    ['packages/poller/src/a.ts', '../../processor/src/b.ts', 'packages/poller may import packages/shared'],
    ['packages/carrier/src/a.ts', '@waybill/local/b.ts', 'packages/carrier may import packages/shared'],
    ['packages/provisioner/src/a.ts', '@waybill/local/b.ts', 'packages/provisioner may import packages/shared'],
    ['packages/local/src/a.ts', '@waybill/infra/b.ts', 'packages/local may import packages/*'],
    ['infra/src/a.ts', '@waybill/provisioner/b.ts', 'infra may import packages/shared, '],
    ['packages/parrot/src/a.ts', '@waybill/shared/b.ts', 'packages/parrot has no place in the import rule'],
    ['packages/poller/src/a.ts', './b.unit.test.ts', 'what others import is not a test'],
    ['test/a.ts', './b.unit.test.ts', 'what others import is not a test'],
    ['packages/poller/src/a.ts', '../test/b.ts', 'only tests import what is made for tests'],
    ['bench/src/a.ts', '../../test/b.ts', 'only tests import what is made for tests'],
  ] as const)('%s that imports %s', ([from, module, reason]) => {
    expect(breaches({ [from]: [module] })).toEqual([expect.stringContaining(reason)]);
  });

  test('an import of types, over several lines, for its effect only, or made when it is needed', () => {
    for (const text of [
      "import type { X } from '@waybill/local/b.ts';",
      "import {\n  x,\n  y,\n} from '@waybill/local/b.ts';",
      "export { x } from '@waybill/local/b.ts';",
      "import '@waybill/local/b.ts';",
      "const b = await import('@waybill/local/b.ts');",
    ]) {
      expect(breachesOf(new Map([['packages/carrier/src/a.ts', text]])), text).toHaveLength(1);
    }
  });

  test('two files that import each other, and one that imports itself through another', () => {
    expect(
      breaches({ 'packages/poller/src/feed/a.ts': ['./b.ts'], 'packages/poller/src/feed/b.ts': ['./a.ts'] }),
    ).toEqual([
      'circle of files: packages/poller/src/feed/a.ts → packages/poller/src/feed/b.ts → packages/poller/src/feed/a.ts',
    ]);
    expect(
      breaches({
        'packages/poller/src/a.ts': ['./b.ts'],
        'packages/poller/src/b.ts': ['./c.ts'],
        'packages/poller/src/c.ts': ['./a.ts'],
      }),
    ).toEqual([expect.stringContaining('circle of files: ')]);
  });

  test('two folders that import each other, though no files do', () => {
    expect(
      breaches({
        'packages/poller/src/feed/a.ts': ['../gaps/b.ts'],
        'packages/poller/src/gaps/c.ts': ['../feed/d.ts'],
      }),
    ).toEqual([
      'circle of folders: packages/poller/src/feed → packages/poller/src/gaps → packages/poller/src/feed ' +
        '(packages/poller/src/feed/a.ts imports packages/poller/src/gaps/b.ts; ' +
        'packages/poller/src/gaps/c.ts imports packages/poller/src/feed/d.ts)',
    ]);
  });

  test('three folders in a ring', () => {
    expect(
      breaches({
        'packages/poller/src/feed/a.ts': ['../gaps/b.ts'],
        'packages/poller/src/gaps/c.ts': ['../catch-up/d.ts'],
        'packages/poller/src/catch-up/e.ts': ['../feed/f.ts'],
      }),
    ).toEqual([expect.stringMatching(/^circle of folders: \S+feed → \S+gaps → \S+catch-up → \S+feed /)]);
  });

  test('a folder and one in it that import each other', () => {
    expect(
      breaches({
        'packages/processor/src/parcels/a.ts': ['./batched/b.ts'],
        'packages/processor/src/parcels/batched/c.ts': ['../d.ts'],
      }),
    ).toEqual([expect.stringMatching(/^circle of folders: \S+parcels → \S+batched → \S+parcels /)]);
  });

  test('a folder and a file above it that import each other', () => {
    expect(
      breaches({
        'packages/local/src/feed-source.ts': ['./pipeline/a.ts'],
        'packages/local/src/pipeline/b.ts': ['../feed-source.ts'],
      }),
    ).toEqual([expect.stringMatching(/^circle of folders: \S+feed-source.ts → \S+pipeline → \S+feed-source.ts /)]);
  });
});
