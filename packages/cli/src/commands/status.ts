import type { FeedPosition, QueueStatus, Status } from '@waybill/operations/status/status-shape.ts';
import { inWords } from '@waybill/shared/field-words.ts';
import { command } from '../command/command.ts';
import { explain } from '../errors/explain.ts';
import { exitCodes } from '../exit-code.ts';
import type { View } from '../output/view.ts';

const status = command({
  name: 'status',
  summary: 'say how Waybill is doing, and what to do',
  details:
    'Asks the checkpoint, the queues and the failures. What cannot be asked is named, the rest is shown, and the exit code is 3. ' +
    'LEASE_SECONDS and MAX_QUEUE_MESSAGES count as they do for the poller. The age of the oldest message is not shown: SQS ' +
    'tells it to CloudWatch only.',
  examples: [
    { line: 'status --environment production', says: 'a sentence, and what it is made of' },
    { line: 'status --json', says: 'the same as one JSON document' },
  ],
  prints: 'document',
  shape: async () => (await import('@waybill/operations/status/status-shape.ts')).statusShape,
  run: async (_, tools) => {
    const { env, choices, clock, signal } = tools;
    const [{ readStatus }, { dynamoDbCheckpointStore }, { readEnv }, { leaseVariables }, { sendingVariables }, { z }] =
      await Promise.all([
        import('@waybill/operations/status/read-status.ts'),
        import('@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts'),
        import('@waybill/shared/process/env.ts'),
        import('@waybill/shared/checkpoint/lease-variables.ts'),
        import('@waybill/shared/scan-api/sending-variables.ts'),
        import('zod'),
      ]);
    const { MAX_QUEUE_MESSAGES } = sendingVariables;
    const read = readEnv(z.object({ ...leaseVariables, MAX_QUEUE_MESSAGES }), env);
    const deployment = await tools.names(
      'scanQueueUrl',
      'checkpointsTable',
      'failuresTable',
      'notificationsTable',
      'activityTable',
      'feed',
    );
    const { checkpointsTable: tableName, feed } = deployment;
    const tries = new Set<string>();
    const found = await readStatus(
      {
        ...{ sqs: await tools.sqs(), documents: await tools.documents(), deployment, clock },
        checkpoints: dynamoDbCheckpointStore({ dynamodb: await tools.dynamodb(), tableName, feed }),
        settings: { leaseMs: read.LEASE_SECONDS * 1_000, maxQueueMessages: read.MAX_QUEUE_MESSAGES },
        explain: (error) => {
          const [what = '', ...next] = explain(error, { env, choices }).lines;
          for (const line of next) tries.add(line);
          return what.replace(/^waybill: /, '');
        },
      },
      signal,
    );
    tools.print.document(found, statusLines);
    for (const note of found.notes) tools.print.note(note);
    tools.print.note([...tries]);
    return found.notAsked.length > 0 ? exitCodes.partly : exitCodes.done;
  },
});

function statusLines(status: Status, view: View): readonly string[] {
  const { sentence, position, queue, deadLetters, failures, unfinishedNotifications, activity, notAsked } = status;
  return [
    ...view.wrapped(sentence),
    '',
    ...view.facts({
      ...(position && positionFacts(position, view)),
      queue: queue && wordsOf(queue),
      'dead letters': deadLetters && wordsOf(deadLetters),
      failures: failures && [
        `${failures.isMoreThan ? 'more than ' : ''}${number(failures.count)} unresolved`,
        ...Object.entries(failures.byReason).map(([reason, count]) => `${number(count)} ${reason}`),
      ],
      notifications: unfinishedNotifications === null ? undefined : `${number(unfinishedNotifications)} not told`,
      'in the last minute': activity ? wordsOfActivity(activity) : undefined,
      'not asked': notAsked.length > 0 ? notAsked.map(({ part, why }) => `${inWords(part)}: ${why}`) : undefined,
    }),
  ];
}

function positionFacts(position: FeedPosition, view: View) {
  const { lastEventId, completeThroughEventId, headEventId, openGaps, newestScanUtc, caughtUpAtUtc, lease } = position;
  const { holder, isAlive } = lease;
  const gaps = openGaps.first.map(({ from, to }) => (from === to ? String(from) : `${from}–${to}`));
  const others = (openGaps.count ?? 0) - gaps.length;
  return {
    position: lastEventId,
    'complete through': completeThroughEventId,
    'head of the feed': headEventId,
    'open gaps':
      openGaps.count === null
        ? 'not readable'
        : [number(openGaps.count), ...gaps, ...(others > 0 ? [`and ${others} more`] : [])],
    'newest scan': newestScanUtc === null ? undefined : view.time(newestScanUtc),
    'caught up': caughtUpAtUtc === null ? undefined : view.time(caughtUpAtUtc),
    lease: holder === null ? 'nobody' : `${holder}, token ${lease.fencingToken}, ${isAlive ? 'alive' : 'silent'}`,
  };
}

function wordsOfActivity({ perSecond, dollarsPerMillion }: NonNullable<Status['activity']>): readonly string[] {
  const { read, stored, rejected, failed, told } = perSecond;
  const rates = Object.entries({ read, stored, told, rejected, failed });
  return [
    rates.map(([name, rate]) => `${rateOf(rate)} ${name}`).join(', '),
    'per second',
    ...(dollarsPerMillion === null ? [] : [`$${dollarsPerMillion.toFixed(2)} per million events`]),
  ];
}

/** As exact as a reader needs it. */
function rateOf(rate: number): string {
  return rate === 0 ? '0' : rate < 10 ? rate.toFixed(1) : number(Math.round(rate));
}

function wordsOf({ visible, inFlight, delayed }: QueueStatus): string {
  return `${number(visible)} visible, ${number(inFlight)} in flight, ${number(delayed)} delayed`;
}

const number = (value: number) => value.toLocaleString('en-US');

export const statusCommands = [status];
