import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = fileURLToPath(import.meta.resolve('../..'));
/** What is started by hand besides npm's scripts. */
const others = [
  'test/cost/main.ts',
  'test/walk/main.ts',
  'test/upgrade/record.ts',
  'bench/src/scale.ts',
  'bench/src/traces.ts',
];
/** Every program with Node's arguments, by how one types it. */
const programs: readonly (readonly [name: string, args: readonly string[]])[] = [
  ...Object.entries(manifest.scripts)
    .filter(([, script]) => script.startsWith('node '))
    .map(([name, script]) => [name === 'start' ? 'npm start' : `npm run ${name}`, script.split(' ').slice(1)] as const),
  ...others.map((file) => [file, [file]] as const),
];

/** Runs it to its end with these variables and no other that would configure it; with `bash`, as that command's arguments. */
async function run(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  bash?: readonly string[],
) {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, HTTP_PORT: '0', ...variables };
  const child = spawn(bash ? 'bash' : process.execPath, [...(bash ?? []), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      said[name] += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...said };
}

/** As a Node of another version, as far as a program can tell. */
const another = `data:text/javascript,Object.defineProperty(process,'version',{value:'v22.18.0'})`;

describe('every program', () => {
  test.each(programs)('%s explains itself by -h, and does nothing else', async (name, args) => {
    const { code, stdout, stderr } = await run([...args, '-h']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(name === 'npm run waybill' ? 'waybill status' : name);
    expect(stdout).toMatch(/^ {2,}(-h, )?--help/m);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test.each(programs)('%s ends with 2 after a flag that it does not know, and says where to look', async (_, args) => {
    const { code, stdout, stderr } = await run([...args, '--nonsense']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--nonsense');
    expect(stderr).toContain('--help');
    expect(stderr).not.toContain('    at ');
  });

  test('a service whose log nobody reads any more stops in order, without a stack', async () => {
    const nowhere = 'http://127.0.0.1:1';
    const env = {
      ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_ENDPOINT_URL: nowhere },
      ...{ SCAN_API_URL: nowhere, SCAN_QUEUE_URL: `${nowhere}/queue`, CHECKPOINTS_TABLE: 'checkpoints' },
    };
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell reads it.
    const line = '"$@" | head -n 1; echo "ended with ${PIPESTATUS[0]}"';
    const poller = programs.find(([name]) => name === 'npm run poller')?.[1] ?? [];
    const { stdout, stderr } = await run(poller, env, ['-c', line, 'bash', process.execPath]);
    expect(stdout).toMatch(/^\{"level":"info",.*"msg":"started"\}\nended with 1\n$/);
    expect(stderr).toBe('');
  });

  // Linux has a disk that is always full.
  test.runIf(existsSync('/dev/full'))('one whose output cannot be written for another reason ends with 1', async () => {
    const line = '"$@" > /dev/full; echo "ended with $?"';
    const api = programs.find(([name]) => name === 'npm run scan-api')?.[1] ?? [];
    const { stdout, stderr } = await run(api, {}, ['-c', line, 'bash', process.execPath]);
    expect(stdout).toBe('ended with 1\n');
    expect(stderr).toBe('Standard output cannot be written (ENOSPC)\n');
  });

  test.runIf(existsSync('/dev/full')).each(['npm start', 'npm run provision', 'npm run waybill', 'npm run bench'])(
    '%s says when its help cannot be written',
    async (name) => {
      const args = programs.find(([each]) => each === name)?.[1] ?? [];
      const { stdout, stderr } = await run([...args, '--help'], {}, [
        '-c',
        '"$@" > /dev/full; echo "ended with $?"',
        'bash',
        process.execPath,
      ]);
      expect(stdout).toBe('ended with 1\n');
      expect(stderr).toContain('Standard output cannot be written (ENOSPC)\n');
    },
  );

  test.each(['npm start', 'npm run poller', 'npm run waybill', 'npm run scan-api', 'npm run bundle'])(
    '%s on another Node ends with 2 and one line',
    async (name) => {
      const args = programs.find(([each]) => each === name)?.[1] ?? [];
      expect(await run(['--import', another, ...args])).toEqual({
        ...{ code: 2, stdout: '' },
        stderr: expect.stringMatching(/^Waybill needs Node 24, and this is v22\.18\.0: [^\n]+\n$/),
      });
      // Without npm's script the program says it itself.
      expect(await run(['--import', another, args.at(-1) ?? ''])).toMatchObject({ code: 2, stdout: '' });
    },
  );
});
