import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join, resolve } from 'node:path';
import { pageFiles, pageFilesFolder } from '@waybill/api/operator-page/assets/page-files.ts';
import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { realisticFaults } from '@waybill/carrier/scan-api-faults.ts';
import { startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { freePort } from '@waybill/local/free-port.ts';
import { apiVariables, pollerVariables, processorVariables } from '@waybill/local/pipeline/service-process.ts';
import { provision } from '@waybill/provisioner/provision.ts';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { usePlace } from '../engines/place-under-test.ts';
import { type BuiltImages, buildImages } from './built-images.ts';
import { drained, verdictOf } from './deployment.ts';
import { root } from './dockerfile.ts';
import { ImageProcess } from './image-process.ts';

const revision = 'd1'.repeat(20);
let built: BuiltImages;
const place = usePlace();
beforeAll(() => {
  built = buildImages({ REVISION: revision });
});
afterAll(() => built?.remove());

const seed = 23;
const events = 1_500;
let deployments = 0;
const newPrefix = () => `image-${process.pid}-${Date.now().toString(36)}-${++deployments}-`;

/** Starts an image on a port of its own until the test ends. */
async function start(
  image: 'poller' | 'processor' | 'api' | 'local',
  env: Readonly<Record<string, string | undefined>>,
) {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const port = String(await freePort());
  const started = new ImageProcess(built.images[image], {
    ...place().env,
    HTTP_PORT: port,
    ...Object.fromEntries(set),
  });
  onTestFinished(() => started.kill());
  return started;
}

const untilOk = (process: ImageProcess, path: string) =>
  expect.poll(async () => (await process.ask(path)).status, { timeout: 30_000 }).toBe(200);

/** Opens the server on a free port until the test ends, and returns the port. */
async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error(`the server listens on ${address}, not on a port`);
  return address.port;
}

describe('the images', () => {
  test('drain the feed from a folder that holds the bundle alone, reading and writing no other file, and stop with 0', async () => {
    const resources = await provision({ ...place().clients, prefix: newPrefix() });
    const feed = new HeldFeed(simulateFeed({ seed, activeParcels: events / 10 }), events);
    const api = await startScanApi({ feed, seed, faults: realisticFaults });
    onTestFinished(() => api.stop());
    const poller = await start('poller', {
      ...pollerVariables(resources, api.url),
      SCAN_API_REQUESTS_PER_SECOND: '1000',
      POLL_INTERVAL_MS: '100',
    });
    const processor = await start('processor', { ...processorVariables(resources), RECEIVE_WAIT_SECONDS: '1' });
    for (const service of [poller, processor]) {
      await untilOk(service, '/readyz');
      expect(await service.checkHealth()).toBe(0);
    }
    await drained(place(), resources, poller, () =>
      feed.isWhollyMade ? feed.lastEventId() : Number.POSITIVE_INFINITY,
    );
    expect([await poller.stop(), await processor.stop()]).toEqual(Array(2).fill({ code: 0, signal: null }));

    const elements = [...feed.elements()].filter(({ late }) => late === undefined || late === 'served');
    const verdict = await verdictOf(place(), resources, { elements: elements.map(({ element }) => element) });
    expect(verdict).toMatchObject({ isGood: true, differences: [], withoutDeadLetter: [] });
    expect(verdict.events).toBeGreaterThan(events * 0.95);
    expect(poller.output + processor.output).not.toContain('ERR_ACCESS_DENIED');
    for (const { output } of [poller, processor])
      expect(output).toContain(`"version":"${manifest.version}","commit":"${revision}","node":"${process.version}"`);
  });

  test('name the TypeScript source and its line in a stack trace', async () => {
    const resources = await provision({ ...place().clients, prefix: newPrefix() });
    // At level debug this error has a stack, too, though it is an expected one.
    const wrong = { ...processorVariables(resources), PARCELS_TABLE: resources.failuresTable, LOG_LEVEL: 'debug' };
    const processor = await start('processor', wrong);
    expect(await processor.ended).toEqual({ code: 1, signal: null });
    const [, file = '', line = ''] = /at requireKey \(\S*?(packages\/\S+\.ts):(\d+):\d+\)/.exec(processor.output) ?? [];
    expect(file).toBe('packages/shared/src/process/table-check.ts');
    const source = readFileSync(join(root, file), 'utf8').split('\n');
    expect(source[Number(line) - 1]).toMatch(/new WaybillError\($/);
  });

  test('take their credentials as Fargate gives them, and push metrics by OTLP', async () => {
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    const credentials = { AccessKeyId: 'task', SecretAccessKey: 'role', Token: 'session', Expiration };
    const asked: string[] = [];
    const around = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      request.resume();
      response.setHeader('content-type', 'application/json');
      response.end(request.url === '/credentials' ? JSON.stringify(credentials) : '{}');
    });
    const port = await listening(around);
    const resources = await provision({ ...place().clients, prefix: newPrefix() });
    const processor = await start('processor', {
      ...processorVariables(resources),
      RECEIVE_WAIT_SECONDS: '1',
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/credentials`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    });
    await untilOk(processor, '/readyz');
    expect(await processor.stop()).toEqual({ code: 0, signal: null });
    expect(asked).toContain('GET /credentials');
    expect(asked).toContain('POST /v1/metrics');
  });

  test.for(['poller', 'processor', 'api'] as const)('end with 2 and say what is missing: %s', async (image) => {
    const service = await start(image, {});
    expect(await service.ended).toEqual({ code: 2, signal: null });
    expect(service.output).toContain('SCAN_QUEUE_URL is required');
  });

  test('serve the API, its document with the page that shows it, and the page of operators', async () => {
    const resources = await provision({ ...place().clients, prefix: newPrefix() });
    const port = String(await freePort());
    const variables = { ...apiVariables(resources), API_TOKENS: '[]', API_PORT: port, API_HOST: '127.0.0.1' };
    const api = await start('api', variables);
    await untilOk(api, '/readyz');
    expect(await api.checkHealth()).toBe(0);
    const at = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`);
    const page = await (await at('/docs')).text();
    const [, script = ''] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
    const found = await fetch(new URL(script, `http://127.0.0.1:${port}/docs/`));
    expect([found.status, (await found.text()).length > 1_000_000]).toEqual([200, true]);
    const [, style = ''] = /<link rel="stylesheet" href="([^"]+)"/.exec(await (await at('/sign-in')).text()) ?? [];
    expect([(await at(style)).status, (await at(style.replace('style.css', 'uplot.js'))).status]).toEqual([200, 200]);
    expect([(await at('/openapi.json')).status, (await at('/v1/parcels/1')).status]).toEqual([200, 401]);
    expect(await api.stop()).toEqual({ code: 0, signal: null });
  });

  test('run a command of the operators, which is all that the image is given', async () => {
    const { operationsTable, scanQueueUrl } = await provision({ ...place().clients, prefix: newPrefix() });
    const { operator } = built.images;
    const run = async (...command: readonly string[]) => {
      const arguments_ = command.length === 0 ? operator.command : [...operator.command.slice(0, -1), ...command];
      const env = { ...place().env, OPERATIONS_TABLE: operationsTable, SCAN_QUEUE_URL: scanQueueUrl };
      const process = new ImageProcess(operator, env, arguments_);
      onTestFinished(() => process.kill());
      return { ...(await process.ended), output: process.output };
    };
    expect(await run()).toMatchObject({ code: 0, output: expect.stringContaining('waybill') });
    expect(await run('operations', 'list', '--json')).toEqual({ code: 0, signal: null, output: '' });
    expect(await run('operations', 'lost')).toMatchObject({ code: 2 });
    // Every command is in the bundle; what one of them loads on demand, too.
    const missing = await run('operations', 'show', '20261128T221530-1f2e3d4c');
    expect(missing).toMatchObject({ code: 1, output: expect.stringContaining('20261128T221530-1f2e3d4c') });
  });

  test('cannot write files, nor read files outside their folder', async () => {
    const tries = ['writeFileSync("written", "")', `readFileSync(${JSON.stringify(join(root, 'package.json'))})`];
    for (const attempt of tries) {
      const command = ['node', '--eval', `process.getBuiltinModule('node:fs').${attempt}`];
      const process = new ImageProcess(built.images.poller, {}, command);
      expect(await process.ended).toEqual({ code: 1, signal: null });
      expect(process.output).toContain('ERR_ACCESS_DENIED');
    }
  });

  test('fail their health check when nothing responds', async () => {
    const { folder } = built.images.poller;
    const silent = await start('poller', {});
    await silent.ended;
    expect(readdirSync(folder)).toContain('livez.mjs');
    expect(await silent.checkHealth()).toBe(1);
  });

  test('hold the programs and their maps, the files of the page, and nothing else; of Waybill only what .dockerignore let through', () => {
    for (const { folder } of Object.values(built.images)) {
      const files = readdirSync(folder);
      const others = files.filter((file) => !/^[\w-]+\.mjs(\.map)?$/.test(file));
      expect(others).toEqual(files.includes('api.mjs') ? [pageFilesFolder] : []);
      const page = others.flatMap((other) => readdirSync(join(folder, other)));
      expect(page.toSorted()).toEqual(
        others.length === 0
          ? []
          : pageFiles()
              .map(({ name }) => name)
              .toSorted(),
      );
      for (const file of files.filter((name) => name.endsWith('.mjs'))) {
        expect(files).toContain(`${file}.map`);
        // With every line of every package they would be 1.5 MB and more, and take tens of MiB of memory for a stack trace.
        // The API's is the largest, for its packages have the most files.
        expect(statSync(join(folder, `${file}.map`)).size).toBeLessThan(file === 'api.mjs' ? 900_000 : 600_000);
      }
    }
    const maps = join(built.buildFolder, 'images/dist/poller');
    const { sources }: { sources: string[] } = JSON.parse(readFileSync(join(maps, 'poller.mjs.map'), 'utf8'));
    const own = sources.filter((source) => source.includes('packages/')).map((source) => resolve(maps, source));
    const ours = own.filter((source) => !source.includes('node_modules'));
    expect(ours.length).toBeGreaterThan(20);
    expect(ours.filter((source) => !source.startsWith(`${built.buildFolder}/packages/`))).toEqual([]);
  });
});
