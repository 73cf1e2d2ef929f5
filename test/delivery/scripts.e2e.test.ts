import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { deployedImages } from '../../infra/src/context/images-key.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const commit = 'c0'.repeat(20);
const digest = `sha256:${'ab'.repeat(32)}`;
const registry = 'ghcr.io/owner/repository';
const digests = JSON.stringify(Object.fromEntries(deployedImages.map((image) => [image, digest])));

type Ended = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly string[];
};

/** Runs a script of the workflows with these programs in place of docker and aws; `calls` are their command lines. */
function run(
  script: string,
  args: readonly string[],
  programs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-script-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'calls');
  writeFileSync(log, '');
  for (const [name, body] of Object.entries({ docker: '', aws: '', ...programs })) {
    writeFileSync(join(folder, name), `#!/usr/bin/env bash\nprintf '%s\\n' "${name} $*" >>"$CALLS"\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const environment = {
    PATH: [folder, process.env['PATH']].join(delimiter),
    ...{ CALLS: log, STATE: join(folder, 'state'), AWS_REGION: 'eu-west-1' },
    ...{ GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'Owner/Repository', ...env },
  };
  return new Promise((resolve) => {
    const path = join(root, '.github/scripts', script);
    execFile('bash', [path, ...args], { cwd: root, env: environment, timeout: 20_000 }, (error, stdout, stderr) => {
      const calls = readFileSync(log, 'utf8').split('\n').filter(Boolean);
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr, calls });
    });
  });
}

const built = ({ calls }: Ended) => calls.filter((call) => call.startsWith('docker buildx build '));
const copied = ({ calls }: Ended) => calls.filter((call) => call.startsWith('docker buildx imagetools create '));

describe('publish-images.sh', () => {
  /** A registry that has what was built. */
  const docker = `case "$*" in
    *'imagetools inspect'*) [ -e "$STATE" ] && echo '"${digest}"';;
    *'buildx build'*) touch "$STATE"; echo progress;;
  esac`;
  const published = `[[ "$*" == *'imagetools inspect'* ]] && echo '"${digest}"'; true`;

  test('builds what is not published, for both platforms, and prints the digests of all', async () => {
    // Each image is looked for, built, and looked at: the state is one for all, so only the first is built here.
    const ended = await run('publish-images.sh', [registry, commit, 'main'], { docker });
    expect(ended).toMatchObject({ code: 0, stdout: `${digests}\n` });
    expect(built(ended)).toEqual([
      expect.stringMatching(
        /--target poller --platform linux\/amd64,linux\/arm64 .*REVISION=c0c0.* --push --tag ghcr\.io\/owner\/repository\/poller:sha-c0c0\w+ \.$/,
      ),
    ]);
    expect(copied(ended)).toHaveLength(deployedImages.length);
  });

  test('builds nothing that is published, and gives it the tags of a version', async () => {
    const ended = await run('publish-images.sh', [registry, commit, '0.2.0'], { docker: published });
    expect(ended).toMatchObject({ code: 0, stdout: `${digests}\n` });
    expect(built(ended)).toEqual([]);
    expect(copied(ended)).toContain(
      `docker buildx imagetools create --tag ${registry}/api:0.2.0 ${registry}/api@${digest}`,
    );
  });

  test('builds nothing when it may not, and says what is missing', async () => {
    const ended = await run('publish-images.sh', [registry, commit, '--only-published'], { docker });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(`There is no image ${registry}/poller:sha-${commit}`);
    expect(built(ended)).toEqual([]);
  });

  test('fails when a build fails', async () => {
    const broken = 'case "$*" in *"buildx build"*) exit 3;; *) exit 1;; esac';
    expect((await run('publish-images.sh', [registry, commit], { docker: broken })).code).not.toBe(0);
  });
});

describe('copy-images.sh', () => {
  const account = `[[ "$*" == sts* ]] && echo 111122223333`;

  test('copies by digest what the account does not have, and looks whether it has it then', async () => {
    const aws = `${account}; case "$*" in *describe-images*) [ -e "$STATE" ];; *) true;; esac`;
    const ended = await run('copy-images.sh', [registry, commit, digests], {
      aws,
      docker: 'touch "$STATE.$$"; [[ "$*" == *create* ]] && touch "$STATE"; true',
    });
    expect(ended.code).toBe(0);
    expect(copied(ended)[0]).toBe(
      `docker buildx imagetools create --tag 111122223333.dkr.ecr.eu-west-1.amazonaws.com/waybill/poller:sha-${commit}-abababababab ${registry}/poller@${digest}`,
    );
  });

  test('copies nothing that the account has', async () => {
    const ended = await run('copy-images.sh', [registry, commit, digests], { aws: `${account}; true` });
    expect(ended.code).toBe(0);
    expect(copied(ended)).toEqual([]);
  });

  test('fails when the copy has another digest', async () => {
    const aws = `${account}; case "$*" in *describe-images*) exit 254;; *) true;; esac`;
    expect((await run('copy-images.sh', [registry, commit, digests], { aws })).code).not.toBe(0);
  });
});

describe('wait-until-healthy.sh', () => {
  const soon = { QUIET_SECONDS: '1', LIMIT_SECONDS: '3', EVERY_SECONDS: '0.2' };
  const environment = ['staging', 'waybill-staging-feed-lag', 'waybill-staging-scan-queue-old'];
  const alarms = (inAlarm: string) =>
    `if [[ "$*" == *ALARM* ]]; then ${inAlarm}; else printf 'waybill-staging-feed-lag\\twaybill-staging-scan-queue-old\\n'; fi`;

  test('waits until no alarm has been in ALARM for a while', async () => {
    const once = '[ -e "$STATE" ] || { touch "$STATE"; echo waybill-staging-feed-lag; }';
    const ended = await run('wait-until-healthy.sh', environment, { aws: alarms(once) }, soon);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('in ALARM: waybill-staging-feed-lag');
    expect(ended.stdout).toContain('staging is healthy: of 2 alarms none was in ALARM for 1 s');
    // By their names: those that begin alike may be another environment's.
    expect(ended.calls.every((call) => call.includes(`--alarm-names ${environment.slice(1).join(' ')} `))).toBe(true);
  });

  test('fails while one is in ALARM, and names it', async () => {
    const ended = await run(
      'wait-until-healthy.sh',
      environment,
      { aws: alarms('echo waybill-staging-feed-lag') },
      soon,
    );
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain('staging is not healthy after 3 s. In ALARM: waybill-staging-feed-lag');
  });

  test('fails where there is no alarm, or no answer', async () => {
    for (const given of [environment, ['staging']])
      expect(await run('wait-until-healthy.sh', given, { aws: 'echo' }, soon)).toMatchObject({
        code: 1,
        stdout: expect.stringContaining(`There is none of ${given.length - 1} alarms`),
      });
    expect((await run('wait-until-healthy.sh', environment, { aws: 'exit 255' }, soon)).code).not.toBe(0);
  });
});
