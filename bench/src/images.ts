import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { freePort } from '@waybill/local/free-port.ts';
import { pollerVariables, processorVariables } from '@waybill/local/pipeline/service-process.ts';
import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import { givenOrExit } from '@waybill/shared/process/program.ts';
import { bundle } from '../../images/bundle.ts';
import { median } from './figures/median.ts';
import { integer, mebibytes } from './figures/report.ts';
import { embeddedEngine } from './pipelines/engine.ts';

/**
 * `npm run bench:images`: how large each bundle is, and how long each service takes from its start to a 200 from `/readyz`
 * on the embedded engines, started from the bundle as its image does, and from its sources. Medians of runs in turn.
 */

givenOrExit({
  command: 'npm run bench:images',
  says: 'Prints how large each bundle is, how long poller and processor take from their start to a 200 from /readyz, from the bundle and from the sources, and what memory a failed start takes. Medians of runs in turn.',
  examples: [{ line: 'npm run bench:images', says: 'on the embedded engines' }],
  exitCode: '0 measured, 1 a failure, 2 wrong flags.',
  docs: ['docs/decisions/0064-images.md'],
});
const runs = 7;
const services = ['poller', 'processor'] as const;
type Service = (typeof services)[number];

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-images-'));
const engine = await embeddedEngine();
const api = await startScanApi({ feed: new HeldFeed(simulateFeed({ seed: 1 }), 1), seed: 1 });
try {
  for (const service of services) await bundle(service, join(folder, service));
  console.log(
    'bundles, bytes'.padEnd(26) + ['as it is', 'gzip', 'source map'].map((text) => text.padStart(14)).join(''),
  );
  for (const service of services) console.log(await sizesOf(service));
  const seconds = new Map<string, number[]>();
  for (let run = 0; run < runs; run++) {
    for (const service of services) {
      for (const from of ['bundle', 'sources'] as const) {
        const key = `${service} from its ${from}`;
        seconds.set(key, [...(seconds.get(key) ?? []), await secondsToReady(service, from)]);
      }
    }
  }
  console.log(
    `\n${'start to /readyz, s'.padEnd(26)}${['median', 'fastest', 'slowest'].map((text) => text.padStart(14)).join('')}`,
  );
  for (const [key, found] of seconds) {
    const figures = [median(found), Math.min(...found), Math.max(...found)];
    console.log(key.padEnd(26) + figures.map((figure) => figure.toFixed(2).padStart(14)).join(''));
  }
  console.log('\npeak memory of a processor that fails at its start and says where, MiB');
  for (const flags of [[], ['--enable-source-maps']])
    console.log((flags[0] ?? 'without source maps').padEnd(26) + mebibytes(await peakOfFailure(flags)).padStart(14));
  console.log(`\nNode ${process.version}, ${runs} runs in turn, embedded engines`);
} finally {
  await api.stop();
  await engine.stop();
  await rm(folder, { recursive: true });
}

async function sizesOf(service: Service): Promise<string> {
  const code = await readFile(join(folder, service, `${service}.mjs`));
  const { size } = await stat(join(folder, service, `${service}.mjs.map`));
  const figures = [code.length, (await promisify(gzip)(code)).length, size];
  const files = await readdir(join(folder, service));
  return `${service} (${files.length} files)`.padEnd(26) + figures.map((each) => integer(each).padStart(14)).join('');
}

async function secondsToReady(service: Service, from: 'bundle' | 'sources'): Promise<number> {
  const resources = await engine.provision();
  const port = await freePort();
  const own = service === 'poller' ? pollerVariables(resources, api.url) : processorVariables(resources);
  const env = { ...engine.env, ...own, HTTP_HOST: '127.0.0.1', HTTP_PORT: String(port), LOG_LEVEL: 'warn' };
  const entry =
    from === 'bundle'
      ? ['--enable-source-maps', join(folder, service, `${service}.mjs`)]
      : [join(root, 'packages', service, 'src/main.ts')];
  const begun = performance.now();
  const child = spawn(process.execPath, [...nodeFlags, ...entry], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  try {
    await untilReady(port, () => child.exitCode === null);
    return (performance.now() - begun) / 1_000;
  } finally {
    child.kill('SIGKILL');
    await ended;
    await engine.remove(resources);
  }
}

/** Configured with a wrong table, the processor refuses to start and logs a stack trace, for which Node reads the source map. */
async function peakOfFailure(flags: readonly string[]): Promise<number> {
  const resources = await engine.provision();
  const own = { ...processorVariables(resources), PARCELS_TABLE: resources.failuresTable };
  const printPeak = `data:text/javascript,process.on('exit',()=>console.error('peak='+process.resourceUsage().maxRSS))`;
  const entry = join(folder, 'processor', 'processor.mjs');
  const child = spawn(process.execPath, [...nodeFlags, ...flags, '--import', printPeak, entry], {
    env: { ...engine.env, ...own, HTTP_HOST: '127.0.0.1', HTTP_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  await once(child, 'close');
  await engine.remove(resources);
  return Number(/peak=(\d+)/.exec(output)?.[1]) * 1_024;
}

async function untilReady(port: number, isRunning: () => boolean): Promise<void> {
  while (isRunning()) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    await response?.text();
    if (response?.ok) return;
    await delay(5);
  }
  throw new Error('the process ended before it was ready');
}
