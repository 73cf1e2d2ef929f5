import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = new URL('../../', import.meta.url);
const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** The options in use, as Renovate defines them (its lib/config/options). Renovate ignores a misspelt option. */
const limits = z.array(z.string()).min(1);
const renovate = z.strictObject({
  $schema: z.literal('https://docs.renovatebot.com/renovate-schema.json'),
  extends: z.array(z.enum(['config:recommended', 'helpers:pinGitHubActionDigestsToSemver', 'docker:pinDigests'])),
  semanticCommits: z.enum(['auto', 'enabled', 'disabled']),
  rangeStrategy: z.literal('pin'),
  minimumReleaseAge: z.string().regex(/^\d+ days$/),
  internalChecksFilter: z.enum(['strict', 'flexible', 'none']),
  schedule: limits,
  lockFileMaintenance: z.strictObject({ enabled: z.boolean(), schedule: limits }),
  vulnerabilityAlerts: z.strictObject({ labels: limits, minimumReleaseAge: z.null(), schedule: limits }),
  packageRules: z.array(
    z.strictObject({
      description: z.string(),
      matchPackageNames: limits.optional(),
      matchManagers: limits.optional(),
      matchUpdateTypes: z.array(z.enum(['major', 'minor', 'patch', 'pin', 'pinDigest', 'digest'])).optional(),
      groupName: z.string().optional(),
      allowedVersions: z
        .string()
        .regex(/^<=?\d+(\.\d+){0,2}$/)
        .optional(),
    }),
  ),
});
const { packageRules } = renovate.parse(JSON.parse(textOf('.github/renovate.json')));

/** Every package and image in the repository, with its version. */
const versions = [...packageVersions(), ...imageVersions()];

test.each(packageRules.filter(({ matchPackageNames }) => matchPackageNames))(
  'each name in the rule "$description" matches something here, within its limit',
  ({ matchPackageNames = [], allowedVersions }) => {
    for (const pattern of matchPackageNames) {
      const matched = versions.filter(({ name }) => matches(name, pattern));
      expect([pattern, matched.length]).not.toEqual([pattern, 0]);
      for (const { name, version } of matched)
        expect([name, version, isAllowed(version, allowedVersions)]).toContain(true);
    }
  },
);

test('a limit allows only versions below it', () => {
  expect(['4.13.9', '4.14.0', '4.14.1', '5.0.0'].map((version) => isAllowed(version, '<=4.14.0'))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(['24.99.0', '25.0.0'].map((version) => isAllowed(version, '<25'))).toEqual([true, false]);
});

function packageVersions() {
  const dependencies = z.record(z.string(), z.string()).default({});
  const manifest = z.object({
    dependencies,
    devDependencies: dependencies,
    optionalDependencies: dependencies,
  });
  return ['package.json', ...globSync('{packages/*,infra,test,bench}/package.json', { cwd: root })].flatMap((path) =>
    Object.values(manifest.parse(JSON.parse(textOf(path)))).flatMap((named) =>
      Object.entries(named).map(([name, version]) => ({ name, version })),
    ),
  );
}

function imageVersions() {
  const files = ['Dockerfile', ...globSync('{docker-compose*.yml,.github/workflows/*.yml}', { cwd: root })];
  return files.flatMap((path) =>
    [...textOf(path).matchAll(/(?:FROM(?: --\S+)?|image:) ([\w./-]+):(\d[\d.]*)/g)].map(
      ([, name = '', version = '']) => ({ name, version }),
    ),
  );
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.replace(/\*+$/, '')) : name === pattern;
}

function isAllowed(version: string, limit: string | undefined): boolean {
  if (limit === undefined) return true;
  const [, orEqual = '', bound = ''] = /^<(=?)(.+)$/.exec(limit) ?? [];
  const order = version.localeCompare(bound, 'en', { numeric: true });
  return order < 0 || (orEqual === '=' && order === 0);
}
