import type { Checkpoint } from '@waybill/operations/checkpoint/read-checkpoint.ts';
import type { PlannedCheckpointSet } from '@waybill/operations/checkpoint/set-checkpoint.ts';
import { counted } from '@waybill/shared/counted.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { command } from '../command/command.ts';
import { argument, flag, optional } from '../command/options.ts';
import { type Parser, wholeNumber } from '../command/parsers.ts';
import type { View } from '../output/view.ts';
import { usageError } from '../tools/usage-error.ts';

const feedName: Parser<string> = (text) =>
  /^[A-Za-z0-9._-]{1,128}$/.test(text) ? { value: text } : { problem: 'expected 1–128 of A-Za-z0-9._-' };

const shape = async () => (await import('@waybill/operations/checkpoint/read-checkpoint.ts')).checkpointShape;

const show = command({
  name: 'checkpoint show',
  summary: 'show the position of a feed, its lease and its open gaps',
  examples: [
    { line: 'checkpoint show --environment production', says: 'the feed that FEED names, or scan-events' },
    { line: 'checkpoint show --all --json', says: 'a line of JSON for each feed of the table' },
  ],
  options: {
    feed: optional('NAME', 'the feed; without it FEED, or scan-events', feedName),
    all: flag('all feeds of the table'),
  },
  prints: 'lines',
  shape,
  run: async ({ options }, tools) => {
    if (options.all && options.feed !== undefined) throw usageError('--all and --feed: give one of them');
    const { checkpointsTable, feed: ownFeed } = await tools.names('checkpointsTable', 'feed');
    const { listCheckpoints, readCheckpoint } = await import('@waybill/operations/checkpoint/read-checkpoint.ts');
    const deps = { documents: await tools.documents(), deployment: { checkpointsTable } };
    const { print } = tools;
    const feed = options.feed ?? ownFeed;
    const found = options.all ? await listCheckpoints(deps) : [await readCheckpoint(deps, feed)];
    const checkpoints = found.flatMap((each) => each ?? []);
    if (checkpoints.length === 0)
      throw new WaybillError(
        'NOT_FOUND',
        options.all ? `The table ${checkpointsTable} holds no checkpoint` : `The feed ${feed} has no checkpoint yet`,
        { details: { next: options.all ? 'look whether a poller runs' : 'waybill checkpoint show --all' } },
      );
    if (print.isJson) await print.list(checkpoints, [], '');
    else print.text(checkpoints.flatMap((each, at) => [...(at > 0 ? [''] : []), ...linesOf(each, print.view)]));
  },
});

function linesOf(checkpoint: Checkpoint, view: View): readonly string[] {
  const { openGaps, leaseHolder, leaseCounter, caughtUpAtUtc, newestScanUtc } = checkpoint;
  const time = (isoUtc: string | null) => (isoUtc === null ? undefined : view.time(isoUtc));
  const gaps = openGaps?.first.map(
    ({ from, to, ageSeconds, isMark }) =>
      `${from === to ? from : `${from} to ${to}`}, watched for ${ageSeconds} s${isMark ? ', not listed one by one' : ''}`,
  );
  const more = openGaps && openGaps.count > openGaps.first.length ? ['…'] : [];
  return view.facts({
    feed: checkpoint.feed,
    position: checkpoint.lastEventId ?? 'none yet',
    watermark: checkpoint.watermark ?? 'not written yet',
    head: checkpoint.headEventId,
    'fencing token': checkpoint.fencingToken,
    lease: leaseHolder === null ? 'free' : `held by ${leaseHolder}, ${counted(leaseCounter, 'write')}`,
    'caught up': time(caughtUpAtUtc),
    'newest scan': time(newestScanUtc),
    'open gaps':
      openGaps === null ? 'not readable by this release' : [String(openGaps.count), ...(gaps ?? []), ...more],
  });
}

const set = command({
  name: 'checkpoint set',
  summary: "set a feed's position: reading goes on at EVENT_ID + 1",
  details:
    'The poller need not be stopped: the raised fencing token makes it stop and read anew from there. Backward, what it reads ' +
    'again changes nothing that is stored, and new events wait; forward, what lies between is skipped. To read a range ' +
    'beside the poller, see "waybill replay".',
  examples: [
    { line: 'checkpoint set 83268 --feed scan-events --dry-run', says: 'what would be read again, and its cost' },
    {
      line: 'checkpoint set 83268 --feed scan-events --environment production --because "restored by the carrier"',
      says: 'the poller goes on at 83269',
    },
  ],
  arguments: {
    eventId: argument(
      'EVENT_ID',
      'the last one that counts as done; 0 for none',
      wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    ),
  },
  options: { feed: optional('NAME', 'the feed; without it, it has to be typed', feedName) },
  isAct: true,
  prints: 'document',
  shape: async () => (await import('@waybill/operations/record/operation-shape.ts')).actShape,
  run: async (given, tools) => {
    const { eventId } = given.arguments;
    const { checkpointsTable, feed: ownFeed } = await tools.names('checkpointsTable', 'feed');
    const feed = given.options.feed ?? ownFeed;
    const { choices, env } = tools;
    if (choices.yes && given.options.feed === undefined)
      throw usageError(
        'Nothing was done: with --yes nobody types the name of the feed',
        `the same with --feed ${feed}`,
      );
    const [{ planCheckpointSet, runCheckpointSet }, variables, sending, { readEnv }, { z }] = await Promise.all([
      import('@waybill/operations/checkpoint/set-checkpoint.ts'),
      import('@waybill/shared/scan-api/scan-api-variables.ts'),
      import('@waybill/shared/scan-api/sending-variables.ts'),
      import('@waybill/shared/process/env.ts'),
      import('zod'),
    ]);
    const { SCAN_API_LIMIT, SCAN_API_REQUESTS_PER_SECOND } = variables.scanApiVariables;
    const { MESSAGE_MAX_BYTES } = sending.sendingVariables;
    const read = readEnv(z.object({ SCAN_API_LIMIT, SCAN_API_REQUESTS_PER_SECOND, MESSAGE_MAX_BYTES }), env);
    const pace = {
      limit: read.SCAN_API_LIMIT,
      requestsPerSecond: read.SCAN_API_REQUESTS_PER_SECOND,
      messageMaxBytes: read.MESSAGE_MAX_BYTES,
    };
    const deps = { documents: await tools.documents(), deployment: { checkpointsTable } };
    return tools.act<PlannedCheckpointSet>({
      kind: 'checkpoint-set',
      filter: { feed, eventId },
      plan: () => planCheckpointSet(deps, { feed, lastEventId: eventId }, pace),
      sentence: ({ seen }) =>
        `Sets the checkpoint of ${feed} from ${seen?.lastEventId ?? 'nothing'} to ${eventId}: reading goes on at ${eventId + 1}.`,
      details: ({ seen }) => {
        const holder = seen?.leaseHolder ?? null;
        const says =
          holder === null
            ? 'Nobody holds the lease.'
            : `The lease is held by ${holder}: it is fenced, stops, and reads anew.`;
        return ['', ...tools.print.view.wrapped(says)];
      },
      // Also to where it stands: the holder then reads anew.
      isNothing: () => false,
      run: (planned) => runCheckpointSet(deps, planned),
      ...(given.options.feed === undefined && {
        typed: { question: `Type the name of the feed (${feed}) to set it: `, expected: feed, flag: '--feed' },
      }),
    });
  },
});

export const checkpointCommands = [show, set];
