import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEngines } from '@waybill/local/engines/engines.ts';
import { freePort } from '@waybill/local/free-port.ts';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { blocksOf } from './blocks.ts';
import { freshClone } from './clone.ts';
import { oneEndpoint } from './one-endpoint.ts';

const root = fileURLToPath(import.meta.resolve('../..'));
const blocks = blocksOf(readFileSync(join(root, 'README.md'), 'utf8'), ['sh', 'ts']);

/** Blocks that are not run here, each with what it needs or who runs it. */
const excepted: Readonly<Record<string, string>> = {
  'Try it 1': 'lanes of .ci/run: `npm ci` and `npm start` in a fresh checkout',
  'Try it 2': 'would run this test, and all others, again',
  'A bad day 1': 'goes on until Ctrl-C; test/start/bad-day.e2e.test.ts runs it, with the next one',
  'A bad day 2': 'takes three minutes; test/start/bad-day.e2e.test.ts plays it faster',
  'Against your carrier 1': "needs a carrier's API; test/start runs it against a simulated one",
  'Deploy to AWS 1': 'needs an account and docker',
  'Deploy to AWS 2': 'needs an account and docker',
  'Deploy to AWS 3': 'needs an account',
  'On LocalStack 1': 'needs docker',
  'On LocalStack 2': 'needs docker',
  'Without docker 3': 'needs a LocalStack; test/localstack/data-stack.deploy.test.ts deploys to one',
};
const executed = ['Try it 3', 'Ask and mend 1', 'Use it 1', 'Use it 2', 'Without docker 1', 'Without docker 2'];

function block(name: string): string {
  const found = blocks.find((each) => each.name === name);
  if (!found) throw new Error(`README.md has no block ${name}`);
  return found.text;
}

let clone = '';
let home = '';
beforeAll(() => {
  clone = freshClone(root);
  home = mkdtempSync(join(tmpdir(), 'waybill-home-'));
  // A refusal of the API is a failure of the block.
  writeFileSync(join(home, '.curlrc'), 'fail-with-body\nmax-time = 20\n');
});
afterAll(() => {
  for (const folder of [clone, home]) rmSync(folder, { recursive: true, force: true });
});

/** However a script ends, its jobs end. */
const endJobs = 'trap \'for job in $(jobs -p); do kill -- "-$job"; done\' EXIT; trap "exit 1" TERM';

/** Runs this in bash in the clone, as a person pastes it: with job control. Fails when a command of it fails. */
async function script(text: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const own = { PATH, NODE_COMPILE_CACHE, HOME: home, CURL_HOME: home, NO_COLOR: '1', ...env };
  const child = spawn('bash', ['-c', `set -em\n${endJobs}\n${text}`], {
    cwd: clone,
    env: own,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill());
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const [code] = await once(child, 'close');
  expect(code, said).toBe(0);
  return said;
}

/** Milliseconds: each takes some 15 s of CPU time in many processes. */
const patience = 240_000;

describe("README's blocks", () => {
  test('are all run here or excepted by name', () => {
    expect(blocks.map(({ name }) => name).sort()).toEqual([...executed, ...Object.keys(excepted)].sort());
  });

  test('npm start -- --keep, and on what it leaves up: Ask and mend, Use it, and the client', {
    timeout: patience,
  }, async (context) => {
    const said = await script(block('Try it 3'));
    const [, pids = ''] = /^To end them: kill ([\d ]+)$/m.exec(said) ?? [];
    context.onTestFinished(() => {
      for (const pid of pids.split(' ').filter((each) => each !== '')) process.kill(Number(pid));
    });
    const [variables = ''] = /^(?: {2}export .*\n)+ {2}unset .*$/m.exec(said) ?? [];
    const asked = await script(`${variables}\n${block('Ask and mend 1')}`);
    expect(asked).toMatch(/^Complete through EventId \d+/m);
    expect(asked).toMatch(/Parcel 5002|5002/);
    const used = await script(`${variables}\n${block('Use it 1')}`);
    expect(used).toContain('"parcelId":5002');
    writeFileSync(join(clone, 'use-it.ts'), block('Use it 2'));
    const read = await script(`${variables}\nnpm exec --call 'node use-it.ts'`);
    expect(read).toMatch(/^[a-z-]+ \S+/);
  });

  test('Without docker: provisions, and every process works with the others', {
    timeout: patience,
  }, async (context) => {
    const engines = await startEngines();
    const endpoint = await oneEndpoint(engines.sqsEndpoint, engines.dynamodbEndpoint);
    context.onTestFinished(async () => {
      endpoint.stop();
      await engines.stop();
    });
    // The same ports on this machine may be another's.
    const ports = new Map<string, string>([['127.0.0.1:4566', endpoint.host]]);
    for (const port of ['8082', '8083', '8084', '8085', '8086', '8087']) ports.set(port, String(await freePort()));
    const moved = (text: string) => [...ports].reduce((before, [from, to]) => before.replaceAll(from, to), text);
    const sed = [...ports].map(([from, to]) => `-e s/:${from}/:${to}/`).join(' ');
    const asPasted = moved(block('Without docker 1')).replace('\n. ', `\nsed -i.as-printed ${sed} waybill.env\n. `);
    const untilReady = `for port in ${['8084', '8085', '8086', '8087'].map(moved).join(' ')}; do
      until curl -s http://127.0.0.1:$port/readyz > ready.json; do sleep 0.3; done
    done
    until curl -s "$WAYBILL_URL/v1/parcels/5002" -H "Authorization: Bearer $WAYBILL_TOKEN"; do sleep 0.3; done
    until curl -s http://127.0.0.1:${moved('8083')}/told | grep -E '"notifications":[1-9]'; do sleep 0.3; done`;
    const said = await script(`${asPasted}\n${untilReady}\n${block('Without docker 2')}wait`, {
      API_PORT: String(await freePort()),
      FEED_EVENTS: '500',
      RECEIVE_WAIT_SECONDS: '1',
    });
    expect(said).toContain('"parcelId":5002');
    expect(said).toMatch(/EventId \d+/);
    // npm does not wait for what it has started. Each has closed its port when it ends.
    const listening = async () => {
      const asked = [...ports.values()].slice(1).map((port) => fetch(`http://127.0.0.1:${port}/livez`));
      return (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled').length;
    };
    await expect.poll(listening, { timeout: 30_000, interval: 300 }).toBe(0);
  });
});
