import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { actionsIn, lintWorkflow, type Surroundings } from './workflow-lint.ts';

const root = new URL('../../', import.meta.url);
const folder = '.github/workflows/';
const paths = readdirSync(new URL(folder, root))
  .filter((name) => name.endsWith('.yml'))
  .map((name) => folder + name);
const textOf = (path: string) => readFileSync(new URL(path, root), 'utf8');
const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(textOf('package.json')));
const surroundings: Surroundings = { npmScripts: new Set(Object.keys(scripts)), workflows: new Set(paths) };

describe('the workflows', () => {
  test.each(paths)('the lint finds nothing wrong in %s', async (path) => {
    expect(await lintWorkflow(textOf(path), path, surroundings)).toEqual([]);
  });

  test('use one version of each action', () => {
    const actions = actionsIn(paths.map(textOf));
    expect(actions.size).toBeGreaterThan(4);
    for (const [action, references] of actions)
      expect([action, [...references]]).toEqual([action, [expect.any(String)]]);
  });
});

describe('the lint of workflows', () => {
  const lintFixture = (name: string) =>
    lintWorkflow(readFileSync(new URL(`fixture/${name}`, import.meta.url), 'utf8'), folder + name, {
      npmScripts: new Set(['test', 'start']),
      workflows: new Set(),
    });

  test('finds what is wrong with a workflow', async () => {
    expect(await lintFixture('broken.yml')).toEqual([
      expect.stringMatching(/^19: "github\.event\.pull_request\.title" is potentially untrusted\..* \(expression\)$/),
      expect.stringMatching(/^20: property "nothing" is not defined .* \(expression\)$/),
      'actions/checkout@v4: not pinned by a full commit digest',
      'actions/setup-node@820762786026740c76f36085b0efc47a31fe5020: no comment # vX.Y.Z',
      './.github/workflows/no-such-workflow.yml: no such workflow',
      'on pull_request_target: runs code of forks',
      'permissions at the top allow writes: give them to the job that needs them',
      'everything-wrong: no timeout-minutes',
      'everything-wrong: sqs is softwaremill/elasticmq-native, not pinned to a version and its digest',
      'everything-wrong: checkout leaves its token in .git/config',
      'everything-wrong: no npm script no-such-script',
      'everything-wrong: deploys without an environment that requires a review',
    ]);
  });

  test('finds permissions that are left to the default', async () => {
    expect(await lintFixture('silent.yml')).toEqual(['no permissions at the top: the default may be write']);
  });
});
