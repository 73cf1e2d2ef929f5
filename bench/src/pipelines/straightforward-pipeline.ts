import { MeasuredProcess } from './measured-process.ts';
import type { StartPipeline } from './pipeline-run.ts';

const readerEntry = new URL('../straightforward/reader.ts', import.meta.url);
const workerEntry = new URL('../straightforward/worker.ts', import.meta.url);

/** The pipeline as a good engineer would assemble it from sqs-producer and sqs-consumer. */
export const straightforward: StartPipeline = async ({ engine, resources, scanApiUrl }) => {
  const writer = new MeasuredProcess('worker', workerEntry, {
    ...engine.env,
    SCAN_QUEUE_URL: resources.scanQueueUrl,
    PARCELS_TABLE: resources.parcelsTable,
  });
  const reader = new MeasuredProcess('reader', readerEntry, {
    ...engine.env,
    SCAN_API_URL: scanApiUrl,
    SCAN_QUEUE_URL: resources.scanQueueUrl,
    CHECKPOINTS_TABLE: resources.checkpointsTable,
  });
  return {
    reader,
    writer,
    ready: async () => {
      // When they answer, their modules are loaded, and the first polls begin at once.
      await Promise.all([stored(writer), reader.usage()]);
      await untilPolling(writer, 4);
      await untilPolling(reader, 1);
    },
    stored: () => stored(writer),
    // Ten events of some 300 bytes are one billed request in every action.
    billedBeyondCalls: async () => 0,
    statements: async () => 0,
  };
};

function stored(worker: MeasuredProcess): Promise<number> {
  return worker.ask('stored', (message) =>
    typeof message === 'object' && message !== null && 'stored' in message && typeof message.stored === 'number'
      ? message.stored
      : undefined,
  );
}

/** Resolves when the process has made this many calls: the worker its receives, the reader the read of its checkpoint. */
async function untilPolling(process: MeasuredProcess, calls: number): Promise<void> {
  for (;;) {
    const usage = await process.usage();
    if (Object.values(usage.calls).reduce((sum, count) => sum + count, 0) >= calls) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
