import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HeldFeed } from '@waybill/carrier/feed/held-feed.ts';
import { cleanShares, simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';
import { startScanApi } from '@waybill/carrier/scan-api-server.ts';
import { openClients } from '@waybill/local/engines/engine-clients.ts';
import { startEngines } from '@waybill/local/engines/engines.ts';
import { readSamples, type Samples } from '@waybill/local/pipeline/prometheus-text.ts';
import { pollerVariables, processorVariables } from '@waybill/local/pipeline/service-process.ts';
import { provision, type Resources } from '@waybill/provisioner/provision.ts';
import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import type { Usage } from './pipelines/preload.ts';

/**
 * Measures what a live feed costs: a pipeline that has caught up, with default settings, under a steady rate of events.
 * Prints one JSON line per load with quantities per second; docs/cost.md is computed from them.
 *
 * The embedded SQS wakes every long poll for a message that only one of them gets. Receives are as on AWS only if
 * AWS_ENDPOINT_URL_SQS names an engine that does not do this, such as ElasticMQ.
 *
 *   node bench/src/live.ts --load 1/1/100 --load 100/1/100 --seconds 120
 *
 * A load is events per second, processors and SCAN_API_LIMIT. Several loads run in parallel.
 */
const { values } = parseArgs({
  options: { load: { type: 'string', multiple: true }, seconds: { type: 'string', default: '120' } },
});
const seconds = Number(values.seconds);
const loads = (values.load ?? ['1/1/100']).map((load) => {
  const [rate = 0, processors = 0, limit = 0] = load.split('/').map(Number);
  return { rate, processors, limit };
});

/** Seconds of events before the measurement begins, until connections are open and code is compiled. */
const warmUpSeconds = 10;
/** Milliseconds between two checks of how many events are due. */
const feedEveryMs = 50;
const preload = new URL('./pipelines/preload.ts', import.meta.url).href;

/** A process whose output is counted. */
class CountedProcess {
  logBytes = 0;
  metricBytes = 0;
  metricLines = 0;
  readonly #exports = new Set<unknown>();
  readonly #child: ChildProcess;
  readonly #port = Promise.withResolvers<number>();
  #unfinished = '';

  constructor(name: 'poller' | 'processor', env: Readonly<Record<string, string | undefined>>) {
    const entry = new URL(`../../packages/${name}/src/main.ts`, import.meta.url).pathname;
    this.#child = spawn(process.execPath, [...nodeFlags, '--import', preload, entry], {
      env: { ...env, HTTP_HOST: '127.0.0.1', HTTP_PORT: '0', CLOUDWATCH_NAMESPACE: 'Waybill/live' },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (this.#unfinished + chunk).split('\n');
      this.#unfinished = lines.pop() ?? '';
      for (const line of lines) this.#count(line);
    });
  }

  /** Exports of metrics, however many lines each had. */
  get exports(): number {
    return this.#exports.size;
  }

  #count(line: string): void {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null) return;
    if ('_aws' in entry) {
      this.metricBytes += line.length;
      this.metricLines += 1;
      const metadata = entry._aws;
      if (typeof metadata === 'object' && metadata !== null && 'Timestamp' in metadata)
        this.#exports.add(metadata.Timestamp);
      return;
    }
    this.logBytes += line.length;
    if ('port' in entry) this.#port.resolve(Number(entry.port));
  }

  async metrics(): Promise<Samples> {
    return readSamples(await (await fetch(`http://127.0.0.1:${await this.#port.promise}/metrics`)).text());
  }

  async ready(): Promise<void> {
    const url = `http://127.0.0.1:${await this.#port.promise}/readyz`;
    while (!(await fetch(url)).ok) await delay(100);
  }

  async usage(): Promise<Usage> {
    const response = once(this.#child, 'message');
    this.#child.send('usage');
    const [{ usage }] = await response;
    return usage;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

async function snapshotOf(processes: readonly CountedProcess[]) {
  const [usages, samples] = await Promise.all([
    Promise.all(processes.map((each) => each.usage())),
    Promise.all(processes.map((each) => each.metrics())),
  ]);
  const sum = (name: string) => samples.reduce((total, sample) => total + sample.sum(name), 0);
  const by = (name: string, attribute: string) => {
    const totals: Record<string, number> = {};
    for (const sample of samples)
      for (const [key, value] of Object.entries(sample.by(name, attribute))) totals[key] = (totals[key] ?? 0) + value;
    return totals;
  };
  const calls: Record<string, number> = {};
  for (const usage of usages)
    for (const [action, count] of Object.entries(usage.calls))
      calls[action.replace(/^DynamoDB_\d+/, 'DynamoDB')] =
        (calls[action.replace(/^DynamoDB_\d+/, 'DynamoDB')] ?? 0) + count;
  return {
    at: performance.now(),
    counts: {
      events: sum('waybill_processor_events_total'),
      pages: sum('waybill_feed_pages_total'),
      messages: sum('waybill_queue_sent_total'),
      billed: sum('waybill_queue_billed_total'),
      ...prefixed('units ', by('waybill_store_write_units_total', 'table')),
      ...prefixed('writes ', by('waybill_store_writes_total', 'table')),
      ...calls,
      'log bytes': processes.reduce((total, each) => total + each.logBytes, 0),
      'CPU µs': usages.reduce((total, { cpuMicros }) => total + cpuMicros, 0),
    },
  };
}

function prefixed(prefix: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([key, value]) => [prefix + key, value]));
}

const engines = await startEngines();
const { AWS_ENDPOINT_URL_SQS: sqs } = process.env;
const engineEnv = { ...engines.env, ...(sqs && { AWS_ENDPOINT_URL_SQS: sqs }) };
const clients = openClients(engineEnv);
await Promise.all(loads.map((load, i) => measure(load, i)));
clients.close();
await engines.stop();

async function measure({ rate, processors, limit }: (typeof loads)[number], index: number): Promise<void> {
  const resources: Resources = await provision({
    ...clients,
    prefix: `live-${process.pid}-${index}-`,
    openIndex: false,
  });
  const feed = new HeldFeed(simulateFeed({ seed: 1, activeParcels: 20_000, shares: cleanShares }), 0);
  const api = await startScanApi({ feed, seed: 1 });
  const env = { PATH: process.env['PATH'], ...engineEnv };
  const running = [
    new CountedProcess('poller', { ...env, ...pollerVariables(resources, api.url), SCAN_API_LIMIT: String(limit) }),
    ...Array.from(
      { length: processors },
      () => new CountedProcess('processor', { ...env, ...processorVariables(resources) }),
    ),
  ];
  await Promise.all(running.map((each) => each.ready()));
  const feeding = new AbortController();
  const fed = feedSteadily(feed, rate, feeding.signal);
  await delay(warmUpSeconds * 1_000);
  const before = await snapshotOf(running);
  await delay(seconds * 1_000);
  const after = await snapshotOf(running);
  const took = (after.at - before.at) / 1_000;
  const earlier: Readonly<Record<string, number>> = before.counts;
  const perSecond = Object.fromEntries(
    Object.entries(after.counts).map(([name, count]) => [
      name,
      Number(((count - (earlier[name] ?? 0)) / took).toPrecision(4)),
    ]),
  );
  const behind = feed.size - after.counts.events;
  feeding.abort();
  await fed;
  const metrics = running.map(({ metricBytes, metricLines, exports }) => ({
    bytesPerExport: Math.round(metricBytes / exports),
    linesPerExport: Math.round(metricLines / exports),
  }));
  await Promise.all(running.map((each) => each.stop()));
  await api.stop();
  console.log(JSON.stringify({ rate, processors, limit, seconds: Math.round(took), behind, perSecond, metrics }));
}

/** Makes `rate` elements per second appear, even when the timer is late. */
async function feedSteadily(feed: HeldFeed, rate: number, signal: AbortSignal): Promise<void> {
  const from = performance.now();
  let appeared = 0;
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - from) / 1_000) * rate);
    feed.append(due - appeared);
    appeared = due;
    await delay(feedEveryMs);
  }
}
