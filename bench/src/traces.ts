import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pageSender } from '@waybill/poller/queue/send-page.ts';
import { systemClock } from '@waybill/shared/clock.ts';
import { createLogger } from '@waybill/shared/process/logger.ts';
import { givenOrExit } from '@waybill/shared/process/program.ts';
import type { OutgoingMessage } from '@waybill/shared/queue/message-queue.ts';
import { createMetrics } from '@waybill/shared/telemetry/create-metrics.ts';
import { startTelemetry } from '@waybill/shared/telemetry/telemetry.ts';
import { queueTraces } from '@waybill/shared/telemetry/traces/queue-traces.ts';
import { startTracing } from '@waybill/shared/telemetry/traces/start-tracing.ts';

givenOrExit({
  command: 'bench/src/traces.ts',
  says: 'Measures what traces cost a message: CPU of its spans and their export, in poller and processor together.',
  flags: {},
  examples: [
    { line: 'npm exec --call "node bench/src/traces.ts"', says: 'microseconds of CPU for a message of 100 events' },
  ],
  exitCode: '0 measured, 1 a failure, 2 wrong flags.',
  docs: ['docs/traces.md#what-it-costs'],
});

const pages = 3_000;
const eventsEach = 100;
const rounds = 5;

const events = Array.from({ length: eventsEach }, (_, index) => ({
  eventId: index + 1,
  parcelId: index + 1,
  type: 'STATUS',
  createdDateTimeUtc: '2021-05-11T21:11:34.1506147Z',
  statusCode: 'CLEARED',
  runId: 'RUN-100',
}));

/** A collector in a process of its own, so that its time does not count. It reads what comes and counts its bytes. */
const sink = spawn(process.execPath, [fileURLToPath(new URL('./trace-sink.ts', import.meta.url))], {
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
const [port] = await once(sink, 'message');
process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] = `http://127.0.0.1:${port}/v1/traces`;

/** Microseconds of CPU for each page of one message: packed, sent and worked on, with nothing behind it. */
async function cpuOf(ratio: number | undefined): Promise<number> {
  const settings = { sampler: 'parentbased_traceidratio', scheduleDelayMs: 5_000 } as const;
  const started = ratio === undefined ? undefined : startTracing('waybill-bench', { ...settings, ratio });
  const traces = queueTraces(started?.tracing, 'scans');
  const sent: OutgoingMessage[] = [];
  const send = pageSender({
    queue: {
      sendBatch: async (batch) => {
        sent.push(...batch);
        return [];
      },
    },
    clock: systemClock,
    random: Math.random,
    log: createLogger({ service: 'bench', level: 'silent', pretty: false }),
    metrics: createMetrics(startTelemetry({ service: 'bench', otlp: false }).meter),
    messageMaxBytes: 61_440,
    reportHealth: () => undefined,
    traces,
  });
  const { signal } = new AbortController();
  const before = process.cpuUsage();
  for (let page = 0; page < pages; page += 1) {
    await send({ events, rejected: [], last: eventsEach, askedAtMs: 1, readAtMs: 2 }, signal);
    for (const { body, attributes = {} } of sent.splice(0)) {
      const message = { messageId: 'm', receiptHandle: 'r', body, attributes, receiveCount: 1, sentAtMs: 0 };
      const span = traces?.process(message);
      const step = span?.step('write parcels');
      step?.end({ 'waybill.rejected': 0 });
      span?.end({ 'waybill.events': eventsEach, 'waybill.settlement': 'deleted' });
    }
    // Exports go on meanwhile, as they do in a process that waits for its engines.
    if (page % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await started?.stop();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / pages;
}

const ways = { off: undefined, 'ratio 0.01': 0.01, all: 1 };
const measured = Object.fromEntries(Object.keys(ways).map((name): [string, number[]] => [name, []]));
for (const ratio of Object.values(ways)) await cpuOf(ratio);
for (let round = 0; round < rounds; round += 1)
  for (const [name, ratio] of Object.entries(ways)) measured[name]?.push(await cpuOf(ratio));
for (const [name, values] of Object.entries(measured)) {
  const median = values.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
  console.log(`${name.padEnd(12)} ${median.toFixed(1)} µs of CPU for a message of ${eventsEach} events`);
}
sink.send('end');
await once(sink, 'exit');
