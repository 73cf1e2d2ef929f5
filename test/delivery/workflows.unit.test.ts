import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { imageNames } from '../../images/programs.ts';
import { deployedImages } from '../../infra/src/context/images-key.ts';
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

describe('a delivery', () => {
  const job = z.looseObject({
    needs: z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]),
    uses: z.string().optional(),
    with: z.record(z.string(), z.unknown()).default({}),
  });
  const jobsOf = (name: string) =>
    z.object({ jobs: z.record(z.string(), job) }).parse(parse(textOf(`${folder}${name}.yml`))).jobs;
  const delivery = jobsOf('delivery');
  const rollback = jobsOf('rollback');

  /** The jobs that have to succeed before this one. */
  const before = (jobs: typeof delivery, name: string): string[] => [
    ...new Set((jobs[name]?.needs ?? []).flatMap((needed) => [needed, ...before(jobs, needed)])),
  ];

  test('publishes images after the checks, and deploys to production after the plan and after staging', () => {
    expect(before(delivery, 'production')).toEqual(
      expect.arrayContaining(['checks', 'images', 'plan-staging', 'staging', 'plan-production']),
    );
    expect(before(delivery, 'staging')).toEqual(expect.arrayContaining(['checks', 'images', 'plan-staging']));
  });

  test.each([
    ['delivery', delivery],
    ['rollback', rollback],
  ])('%s plans and deploys the images that were published, and no others', (_, jobs) => {
    const used = Object.values(jobs).filter(({ uses }) => /\/(plan|deploy)\.yml$/.test(uses ?? ''));
    expect(used.length).toBeGreaterThan(1);
    for (const { with: inputs, needs } of used) {
      expect(inputs['images']).toMatch(/^\$\{\{ needs\.images\.outputs\.images \}\}$/);
      expect(needs).toContain('images');
    }
  });

  test('a way back builds nothing and leaves the data stack as it is', () => {
    expect(rollback['images']?.with).toMatchObject({ 'only-published': true });
    expect([rollback['plan']?.with['services-only'], rollback['deploy']?.with['services-only']]).toEqual([true, true]);
  });

  test('publishes each image that ECS runs, and a pull request builds each of the Dockerfile', () => {
    const [, published = ''] = /^images='(.*)'$/m.exec(textOf('.github/scripts/publish-images.sh')) ?? [];
    expect(published.split(' ')).toEqual(deployedImages);
    const [, tried = ''] = /target: \[(.*)\]/.exec(textOf(`${folder}pull-request.yml`)) ?? [];
    expect(tried.split(', ')).toEqual(imageNames);
    const [, planned = ''] = /digests='(.*)'/.exec(textOf(`${folder}plan.yml`)) ?? [];
    expect(Object.keys(JSON.parse(planned))).toEqual(deployedImages);
  });

  test('starts what it publishes, and LocalStack with all images, on a machine for arm64, too', () => {
    for (const name of ['images', 'checks'])
      expect(textOf(`${folder}${name}.yml`)).toContain('runner: [ubuntu-24.04, ubuntu-24.04-arm]');
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
      'everything-wrong: deploys what nobody has approved',
      'everything-wrong: packages run scripts beside a secret or a token',
    ]);
  });

  test('finds permissions that are left to the default', async () => {
    expect(await lintFixture('silent.yml')).toEqual(['no permissions at the top: the default may be write']);
  });
});
