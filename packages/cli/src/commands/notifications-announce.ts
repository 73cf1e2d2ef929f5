import type { AnnounceFilter } from '@waybill/operations/announcements/announced-parcels.ts';
import type { PlannedAnnouncements } from '@waybill/operations/announcements/plan-announce.ts';
import { type MilestoneName, milestoneNames } from '@waybill/shared/domain/milestones.ts';
import { howMany } from '../act/plan-lines.ts';
import { command } from '../command/command.ts';
import { list, optional, withDefault } from '../command/options.ts';
import { id, instant, oneOf, queueUrl } from '../command/parsers.ts';
import type { Environment } from '../io.ts';
import { usageError } from '../tools/usage-error.ts';

/** The processors' default of `MESSAGE_MAX_BYTES`: one billed request. */
const messageMaxBytes = 61_440;

export const announce = command({
  name: 'notifications announce',
  summary: 'announce milestones again, as the processors do',
  details:
    'An announcement says: look at this parcel. What was told before is not told again. The queues are those of ANNOUNCEMENT_QUEUE_URLS, separated by spaces, or of --queue. Deliveries are found by reading the whole parcels table. ANNOUNCE_MAX_AGE_HOURS is for processors: this announces milestones of any age.',
  examples: [
    { line: 'notifications announce --parcel 5002 --dry-run', says: 'what would be announced of parcel 5002' },
    {
      line: 'notifications announce --delivered-from 2026-11-27T00:00:00Z --delivered-to 2026-11-28T00:00:00Z --because "webhook lost its data"',
      says: 'asks, and announces the deliveries of a day',
    },
  ],
  options: {
    parcel: list('PARCEL_ID', 'the parcel; may be given several times', id),
    milestone: withDefault<MilestoneName>('MILESTONE', 'with --parcel: which', oneOf(milestoneNames), 'delivery', {
      choices: milestoneNames,
    }),
    deliveredFrom: optional('TIME', 'instead of --parcel: delivered then or later', instant),
    deliveredTo: optional('TIME', 'instead of --parcel: delivered then or before', instant),
    queue: list('URL', 'an announcement queue; may be given several times', queueUrl),
  },
  isAct: true,
  prints: 'document',
  shape: async () => (await import('@waybill/operations/record/operation-shape.ts')).actShape,
  run: async ({ options }, tools) => {
    const filter = filterOf(options);
    const urls = options.queue.length > 0 ? options.queue : queuesIn(tools.env);
    const [deployment, dynamodb, sqs, { sqsSender }, { planAnnounce }, { runAnnounce }] = await Promise.all([
      tools.names('parcelsTable'),
      tools.dynamodb(),
      tools.sqs(),
      import('@waybill/shared/queue/sqs-queue.ts'),
      import('@waybill/operations/announcements/plan-announce.ts'),
      import('@waybill/operations/announcements/run-announce.ts'),
    ]);
    const queues = urls.map((url) => ({ url, sender: sqsSender(sqs, url) }));
    const deps = { dynamodb, deployment, clock: tools.clock, random: tools.random, queues, messageMaxBytes };
    return await tools.act<PlannedAnnouncements>({
      kind: 'notifications-announce',
      filter: { ...shown(filter), queues: urls },
      plan: ({ signal }) => planAnnounce(deps, filter, signal),
      sentence: ({ plan }) => `Announces ${howMany(plan, 'milestone')} to ${urls.map(nameOf).join(', ')}.`,
      run: (planned, context) => runAnnounce(deps, planned, context, context.moreThanPlanned),
    });
  },
});

type Chosen = {
  readonly parcel: readonly number[];
  readonly milestone: MilestoneName;
  readonly deliveredFrom: string | undefined;
  readonly deliveredTo: string | undefined;
};

function filterOf({ parcel, milestone, deliveredFrom, deliveredTo }: Chosen): AnnounceFilter {
  const hasTimes = deliveredFrom !== undefined || deliveredTo !== undefined;
  if (parcel.length > 0 && !hasTimes) return { parcelIds: parcel, milestone };
  if (parcel.length === 0 && deliveredFrom !== undefined && deliveredTo !== undefined)
    return { deliveredFrom, deliveredTo };
  throw usageError('Nothing was done: give either --parcel ID, or both --delivered-from and --delivered-to');
}

function shown(filter: AnnounceFilter): Readonly<Record<string, string | readonly number[]>> {
  if ('parcelIds' in filter) return { parcel: filter.parcelIds, milestone: filter.milestone };
  return { deliveredFrom: filter.deliveredFrom, deliveredTo: filter.deliveredTo };
}

function queuesIn(env: Environment): readonly string[] {
  return (env['ANNOUNCEMENT_QUEUE_URLS'] ?? '').split(/\s+/).filter((url) => url !== '');
}

function nameOf(url: string): string {
  return url.split('/').at(-1) ?? url;
}
