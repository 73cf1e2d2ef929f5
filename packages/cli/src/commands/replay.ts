import type { PlannedReplay } from '@waybill/operations/replay/plan-replay.ts';
import { command } from '../command/command.ts';
import { flag, optional, required, withDefault } from '../command/options.ts';
import { anyText, id, type Parser, wholeNumber } from '../command/parsers.ts';

const rate: Parser<number> = (text) => {
  const value = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  return value >= 0.1 && value <= 1_000 ? { value } : { problem: 'expected a number 0.1–1,000' };
};

/** `replayRequestsPerSecond`, which a test holds equal: the module is loaded on demand. */
export const defaultRate = 5;

const replay = command({
  name: 'replay',
  summary: 'read a range of EventIds of the feed once more',
  details:
    'Sends what the feed shows of the range to the scan queue, beside the poller and below its pace; the checkpoint is not ' +
    'touched. What is stored already does not change, and nobody is told of it unless --announce is given. SCAN_API_URL, ' +
    'SCAN_API_LIMIT, SCAN_API_TIMEOUT_MS, MESSAGE_MAX_BYTES and MAX_QUEUE_MESSAGES count as they do for the poller. The token ' +
    'is read from SCAN_API_TOKEN, which is the only place for it; SCAN_API_HEADERS, SCAN_API_OAUTH, SCAN_API_CLIENT_CERT and ' +
    'HTTPS_PROXY count, too. Ctrl-C ends it after the page in hand and prints the ' +
    'command that goes on; so does a feed that stays down.',
  examples: [
    { line: 'replay --from 83269 --to 110581 --dry-run', says: 'how many events, how long, what it costs' },
    {
      line: 'replay --from 83269 --to 110581 --environment production --because "expired on the queue"',
      says: 'both ends included',
    },
    { line: 'replay --from 83269 --to 110581 --requests-per-second 1', says: 'slowly, beside a busy poller' },
  ],
  options: {
    from: required('EVENT_ID', 'the first one', id),
    to: required('EVENT_ID', 'the last one', id),
    announce: flag('announce the milestones of these events'),
    scanApiUrl: optional('URL', 'endpoint; without it SCAN_API_URL', anyText),
    limit: optional('N', 'events per page; without it SCAN_API_LIMIT, or 100', wholeNumber({ min: 1, max: 10_000 })),
    requestsPerSecond: withDefault('N', 'pace', rate, defaultRate),
  },
  isAct: true,
  prints: 'document',
  shape: async () => (await import('@waybill/operations/record/operation-shape.ts')).actShape,
  run: async ({ options }, tools) => {
    const { env, clock, random, print } = tools;
    const [{ replayHeapFlag }, { setFlagsFromString }] = await Promise.all([
      import('@waybill/operations/replay/replay-plan.ts'),
      import('node:v8'),
    ]);
    setFlagsFromString(replayHeapFlag);
    const [plans, replays, { dynamoDbCheckpointStore }, { scanApi }, variables, { sendingVariables }] =
      await Promise.all([
        import('@waybill/operations/replay/plan-replay.ts'),
        import('@waybill/operations/replay/replay.ts'),
        import('@waybill/shared/checkpoint/dynamodb-checkpoint-store.ts'),
        import('@waybill/shared/scan-api/scan-api.ts'),
        import('@waybill/shared/scan-api/scan-api-variables.ts'),
        import('@waybill/shared/scan-api/sending-variables.ts'),
      ]);
    const [{ sqsSender }, { readEnv }, { z }] = await Promise.all([
      import('@waybill/shared/queue/sqs-queue.ts'),
      import('@waybill/shared/process/env.ts'),
      import('zod'),
    ]);
    const { checkScanApi, feedReaderVariables, scanApiOf } = variables;
    const read = readEnv(z.object({ ...feedReaderVariables, ...sendingVariables }).superRefine(checkScanApi), {
      ...env,
      ...(options.scanApiUrl !== undefined && { SCAN_API_URL: options.scanApiUrl }),
      ...(options.limit !== undefined && { SCAN_API_LIMIT: String(options.limit) }),
    });
    const {
      scanQueueUrl,
      checkpointsTable,
      feed: feedName,
    } = await tools.names('scanQueueUrl', 'checkpointsTable', 'feed');
    const feed = scanApi({ ...scanApiOf(read), clock });
    const queue = sqsSender(await tools.sqs(), scanQueueUrl);
    const checkpoints = dynamoDbCheckpointStore({
      ...{ dynamodb: await tools.dynamodb(), tableName: checkpointsTable, feed: feedName },
    });
    const { from, to, requestsPerSecond, announce } = options;
    const range = { from, to };
    const settings = {
      limit: read.SCAN_API_LIMIT,
      requestsPerSecond,
      messageMaxBytes: read.MESSAGE_MAX_BYTES,
      maxQueueMessages: read.MAX_QUEUE_MESSAGES,
      isAnnounced: announce,
    };
    const { environment, stack } = tools.choices;
    const value = (flag: string, given: string | number | undefined) =>
      given === undefined ? [] : [`${flag} ${given}`];
    const flags = [
      ...[`--to ${to}`, ...(announce ? ['--announce'] : [])],
      ...[...value('--scan-api-url', options.scanApiUrl), ...value('--limit', options.limit)],
      ...value('--requests-per-second', requestsPerSecond === defaultRate ? undefined : requestsPerSecond),
      ...[...value('--environment', environment), ...value('--stack', stack)],
    ];
    return tools.act<PlannedReplay>({
      kind: 'replay',
      filter: { feed: feedName, from, to, announce },
      plan: ({ signal }) => plans.planReplay({ feed, queue, checkpoints }, { range, settings }, signal),
      sentence: () => `Replays EventIds ${from} to ${to} of the feed ${feedName} to ${queueNameOf(scanQueueUrl)}.`,
      run: async (planned, { moreThanPlanned, ...context }) => {
        const run = { ...planned, isGoingOn: moreThanPlanned };
        const { next, ...result } = await replays.runReplay({ feed, queue, clock, random }, run, context);
        if (next === undefined) return result;
        print.note([`To go on: waybill ${['replay', `--from ${next}`, ...flags].join(' ')}`]);
        return { ...result, counts: { ...result.counts, nextEventId: next } };
      },
    });
  },
});

function queueNameOf(url: string): string {
  return url.split('/').at(-1) ?? url;
}

export const replayCommands = [replay];
