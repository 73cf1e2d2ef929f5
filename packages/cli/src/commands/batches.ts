import { type BatchStatus, batchStatuses } from '@waybill/operations/batches/batch-status.ts';
import type { BatchView } from '@waybill/operations/batches/batch-view.ts';
import { command } from '../command/command.ts';
import { argument, optional, withDefault } from '../command/options.ts';
import { anyText, oneOf, wholeNumber } from '../command/parsers.ts';
import type { Column, View } from '../output/view.ts';
import type { Tools } from '../tools/tools.ts';

const shape = async () => (await import('@waybill/operations/batches/batch-view.ts')).batchShape;

const open = async (tools: Tools) => {
  const [deployment, dynamodb, functions] = await Promise.all([
    tools.names('batchesTable'),
    tools.dynamodb(),
    import('@waybill/operations/batches/read-batches.ts'),
  ]);
  return { ...functions, reading: { dynamodb, deployment, clock: tools.clock } };
};

const list = command({
  name: 'batches list',
  summary: 'list what was pushed over HTTP, the newest first',
  examples: [
    { line: 'batches list --environment production', says: 'the last 20 batches' },
    { line: 'batches list --status failed --json', says: 'a line of JSON for each that has failures' },
  ],
  options: {
    status: optional('STATUS', 'only those that stand so', oneOf(batchStatuses), { choices: batchStatuses }),
    limit: withDefault('N', 'how many at most', wholeNumber({ min: 1, max: 10_000 }), 20),
    before: optional('BATCH_ID', 'those older than this one', anyText),
  },
  prints: 'lines',
  shape,
  run: async ({ options: { status, limit, before } }, tools) => {
    const { listBatches, reading } = await open(tools);
    const filter = { limit, ...(status && { status }), ...(before !== undefined && { before }) };
    const { batches, next, unreadable } = await listBatches(reading, filter, tools.signal);
    await tools.print.list(batches, columns(tools.print.view), noneOf(status));
    if (unreadable.length > 0) tools.print.note(`Note: these items are not batches: ${unreadable.join(', ')}`);
    if (next !== undefined) tools.print.note(`There are more: --before ${next} shows them.`);
  },
});

function noneOf(status: BatchStatus | undefined): string {
  return status === undefined ? 'No batches in the last 14 days.' : `No batches that are ${status}.`;
}

const columns = (view: View): Column<BatchView>[] => [
  { title: 'batch', of: ({ batchId }) => batchId },
  { title: 'status', of: ({ status }) => status },
  { title: 'created', of: ({ createdAtUtc }) => (createdAtUtc === null ? '' : view.age(createdAtUtc)) },
  { title: 'accepted', of: ({ accepted }) => accepted },
  { title: 'rejected', of: ({ rejected }) => rejected },
  { title: 'pending', of: ({ packsPending }) => packsPending },
  { title: 'failed', of: ({ failed }) => failed.length },
];

const show = command({
  name: 'batches show',
  summary: 'show what has become of one batch',
  examples: [
    { line: 'batches show BATCH_ID', says: 'how far it is, and which of its events failed' },
    { line: 'batches show BATCH_ID --json', says: 'the same as the API returns it' },
  ],
  arguments: { batchId: argument('BATCH_ID', 'as "waybill batches list" shows it', anyText) },
  prints: 'document',
  shape,
  run: async (given, tools) => {
    const { showBatch, reading } = await open(tools);
    tools.print.document(await showBatch(reading, given.arguments.batchId, tools.signal), batchLines);
  },
});

function batchLines(batch: BatchView, view: View): readonly string[] {
  const time = (utc: string | null) => (utc === null ? 'not yet' : view.time(utc));
  return view.facts({
    batch: batch.batchId,
    status: batch.status,
    accepted: batch.accepted,
    rejected: batch.rejected,
    packs: batch.packs,
    'packs pending': batch.packsPending,
    failed: batch.failed.length > 0 ? batch.failed : undefined,
    created: time(batch.createdAtUtc),
    started: time(batch.startedAtUtc),
    finished: time(batch.finishedAtUtc),
  });
}

export const batchesCommands = [list, show];
