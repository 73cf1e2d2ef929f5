import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@waybill/local/free-port.ts';
import { readSamples, type Samples } from '@waybill/local/pipeline/prometheus-text.ts';
import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import { MeasuredProcess } from './measured-process.ts';
import type { StartPipeline } from './pipeline-run.ts';

const poller = new URL('../../../packages/poller/src/main.ts', import.meta.url);
const processor = new URL('../../../packages/processor/src/main.ts', import.meta.url);

/** Waybill's metrics that count SQS calls. */
const calledMetrics = [
  'waybill_queue_sends_total',
  'waybill_queue_receives_total',
  'waybill_queue_deletes_total',
  'waybill_queue_visibility_changes_total',
];
const readyLimitMs = 30_000;

/**
 * Waybill started as in production: poller and processor with default settings.
 *
 * @param options.processorSqs an SQS endpoint for the processor only, in front of the engine
 * @param options.processorDynamoDb a DynamoDB endpoint for the processor only, in front of the engine
 * @param options.pollIntervalMs instead of the poller's default
 * @param options.nodeFlags instead of those that production uses
 * @param options.historyEvents instead of the processor's default
 */
export function waybill(
  options: {
    readonly processorSqs?: string;
    readonly processorDynamoDb?: string;
    readonly pollIntervalMs?: number;
    readonly nodeFlags?: readonly string[];
    readonly historyEvents?: number;
  } = {},
): StartPipeline {
  return async ({ engine, resources, scanApiUrl }) => {
    const [pollerPort, processorPort] = [await freePort(), await freePort()];
    const common = { ...engine.env, LOG_LEVEL: 'warn', HTTP_HOST: '127.0.0.1', SCAN_QUEUE_URL: resources.scanQueueUrl };
    const writer = new MeasuredProcess(
      'processor',
      processor,
      {
        ...common,
        ...(options.processorSqs && { AWS_ENDPOINT_URL_SQS: options.processorSqs }),
        ...(options.processorDynamoDb && { AWS_ENDPOINT_URL_DYNAMODB: options.processorDynamoDb }),
        ...(options.historyEvents !== undefined && { HISTORY_EVENTS: String(options.historyEvents) }),
        HTTP_PORT: String(processorPort),
        PARCELS_TABLE: resources.parcelsTable,
        FAILURES_TABLE: resources.failuresTable,
      },
      options.nodeFlags ?? nodeFlags,
    );
    const reader = new MeasuredProcess(
      'poller',
      poller,
      {
        ...common,
        HTTP_PORT: String(pollerPort),
        ...(options.pollIntervalMs && { POLL_INTERVAL_MS: String(options.pollIntervalMs) }),
        SCAN_API_URL: scanApiUrl,
        SCAN_API_REQUESTS_PER_SECOND: '1000',
        CHECKPOINTS_TABLE: resources.checkpointsTable,
      },
      options.nodeFlags ?? nodeFlags,
    );
    return {
      reader,
      writer,
      ready: async () => {
        await Promise.all([writer.orFailed(untilReady(processorPort)), reader.orFailed(untilReady(pollerPort))]);
      },
      stored: async () => (await metricsAt(processorPort)).sum('waybill_processor_events_total'),
      statements: async () => (await metricsAt(processorPort)).sum('waybill_store_statements_total'),
      billedBeyondCalls: async () => {
        const both = await Promise.all([metricsAt(pollerPort), metricsAt(processorPort)]);
        return both.reduce((sum, metrics) => sum + billedBeyond(metrics), 0);
      },
    };
  };
}

function billedBeyond(metrics: Samples): number {
  // GetQueueAttributes has no payload, and none of these metrics counts it as a call.
  const { GetQueueAttributes: attributeRequests = 0 } = metrics.by('waybill_queue_billed_total', 'action');
  const billed = metrics.sum('waybill_queue_billed_total') - attributeRequests;
  // A receive is counted when it begins and billed when it ends: unfinished long polls make the result slightly too low.
  return billed - calledMetrics.reduce((sum, name) => sum + metrics.sum(name), 0);
}

async function untilReady(port: number): Promise<void> {
  const deadline = performance.now() + readyLimitMs;
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    const report = await response?.text();
    if (response?.ok) return;
    if (performance.now() > deadline) throw new Error(`Not ready after ${readyLimitMs / 1_000} s: ${report}`);
    await delay(50);
  }
}

async function metricsAt(port: number): Promise<Samples> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  return readSamples(await response.text());
}
