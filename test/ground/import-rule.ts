import { dirname, join, normalize } from 'node:path';
import { isTest, type Sources } from './sources.ts';

/**
 * What the code of each part may import, besides itself: every import points up this list. Only tests may import
 * anything, because nothing imports a test. CONTRIBUTING.md and docs/architecture.md say the same.
 */
export const allowed: Readonly<Record<string, readonly string[]>> = {
  'packages/shared': [],
  'packages/consumer': ['packages/shared'],
  'packages/processor': ['packages/shared', 'packages/consumer'],
  'packages/poller': ['packages/shared'],
  'packages/carrier': ['packages/shared'],
  'packages/provisioner': ['packages/shared'],
  'packages/notifier': ['packages/shared', 'packages/consumer'],
  'packages/operations': ['packages/shared', 'packages/consumer', 'packages/notifier'],
  'packages/api': ['packages/shared', 'packages/consumer', 'packages/notifier', 'packages/operations'],
  'packages/cli': ['packages/shared', 'packages/consumer', 'packages/notifier', 'packages/operations'],
  'packages/client': [],
  'packages/local': ['packages/*'],
  infra: [
    'packages/shared',
    'packages/consumer',
    'packages/processor',
    'packages/poller',
    'packages/notifier',
    'packages/operations',
    'packages/api',
  ],
  images: ['packages/shared', 'packages/consumer', 'packages/notifier', 'packages/operations', 'packages/api'],
  bench: ['packages/*', 'infra', 'images'],
};

type Import = { readonly from: string; readonly to: string };

/** One line for each import that breaks the rule, and for each circle of files or folders. */
export function breachesOf(sources: Sources): string[] {
  const imports = [...sources].flatMap(([from, text]) => importsOf(from, text));
  return [
    ...imports.flatMap(breachOf),
    ...circlesOf(imports).map((circle) => `circle of files: ${circle.join(' → ')}`),
    ...folderCircles(imports),
  ];
}

/** Biome formats every import so that its module stands on a line that begins with one of these words. */
const importOrExport = /^(?:import|export|\})[^'\n]*?\bfrom '([^']+)';|^import '([^']+)';|\bimport\('([^']+)'\)/gm;

function importsOf(from: string, text: string): Import[] {
  return [...text.matchAll(importOrExport)].flatMap(([, named, bare, dynamic]) => {
    const to = pathOf(named ?? bare ?? dynamic ?? '', from);
    return to === undefined ? [] : [{ from, to }];
  });
}

/** The file that a module name means; undefined for packages from npm and files outside the parts. */
function pathOf(module: string, from: string): string | undefined {
  const own = /^@waybill\/([^/]+)\/(.+)$/.exec(module);
  if (own) return `${own[1] === 'infra' || own[1] === 'bench' ? own[1] : `packages/${own[1]}`}/src/${own[2]}`;
  if (!module.startsWith('.')) return undefined;
  const path = normalize(join(dirname(from), module));
  return path.includes('/') && path.endsWith('.ts') ? path : undefined;
}

function partOf(path: string): string {
  return /^packages\/[^/]+/.exec(path)?.[0] ?? path.slice(0, path.indexOf('/'));
}

function breachOf({ from, to }: Import): string[] {
  const line = `${from} imports ${to}`;
  if (to.endsWith('.test.ts')) return [`${line}: what others import is not a test`];
  if (isTest(from)) return [];
  if (isTest(to)) return [`${line}: only tests import what is made for tests`];
  const [own, other] = [partOf(from), partOf(to)];
  const parts = allowed[own];
  if (!parts) return [`${line}: ${own} has no place in the import rule`];
  const isAllowed =
    own === other || parts.includes(other) || (parts.includes('packages/*') && /^packages\//.test(other));
  return isAllowed ? [] : [`${line}: ${own} may import ${parts.join(', ') || 'itself only'}`];
}

/**
 * A folder and another one import each other, directly or through further ones. The files of a package's `src` itself
 * count one by one: it holds the start, which imports every folder, and what every folder imports.
 */
function folderCircles(imports: readonly Import[]): string[] {
  const room = (path: string) => (/^(packages\/[^/]+|[^/]+)\/src\/[^/]+$/.test(path) ? path : dirname(path));
  const example = new Map<string, string>();
  const between = imports
    .filter(({ from, to }) => !from.endsWith('.test.ts') && room(from) !== room(to))
    .map(({ from, to }) => {
      const edge = { from: room(from), to: room(to) };
      example.set(`${edge.from} ${edge.to}`, `${from} imports ${to}`);
      return edge;
    });
  return circlesOf(between)
    .filter((circle) => !circle.every((one) => one.endsWith('.ts')))
    .map((circle) => {
      const steps = circle.slice(1).map((to, index) => example.get(`${circle[index]} ${to}`));
      return `circle of folders: ${circle.join(' → ')} (${steps.join('; ')})`;
    });
}

/** Circles, each from a node back to itself; at least one of any that overlap. */
function circlesOf(edges: readonly Import[]): string[][] {
  const targets = Map.groupBy(edges, ({ from }) => from);
  const circles = new Map<string, string[]>();
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]) => {
    const begun = path.indexOf(node);
    if (begun >= 0) {
      const circle = [...path.slice(begun), node];
      circles.set(circle.slice(1).toSorted().join(), circle);
    }
    if (begun >= 0 || done.has(node)) return;
    for (const { to } of targets.get(node) ?? []) visit(to, [...path, node]);
    done.add(node);
  };
  for (const node of targets.keys()) visit(node, []);
  return [...circles.values()];
}
