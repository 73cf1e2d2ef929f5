import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { merge, stateOf } from '@waybill/shared/domain/parcel-state.ts';
import { sqsSender } from '@waybill/shared/queue/sqs-queue.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { useEngines } from '../../../consumer/test/engines.ts';
import { scan } from '../../../processor/test/processor-rig.ts';
import { instantClock } from '../../../shared/test/instant-clock.ts';
import { putItems, storeParcels } from '../../test/parcels-rig.ts';
import { planAnnounce } from './plan-announce.ts';
import { runAnnounce } from './run-announce.ts';

const engines = useEngines(process.env);
const never = new AbortController().signal;
const quiet = { signal: never, onProgress: () => undefined };
let queues = 0;

/** A parcel that was delivered on the first, at this second, its digits as the feed's. */
const delivered = (parcelId: number, second: number) =>
  merge(
    stateOf(scan(parcelId, { parcelId, type: 'PICKUP' })),
    stateOf(
      scan(1_000 + parcelId, {
        parcelId,
        type: 'DELIVERY',
        createdDateTimeUtc: `2026-11-01T00:00:${String(second).padStart(2, '0')}.5Z`,
      }),
    ),
  );

beforeAll(async () => {
  const { dynamodb, resources } = engines();
  const parcels = Array.from({ length: 30 }, (_, at) => delivered(at + 1, at));
  await storeParcels(dynamodb, resources.parcelsTable, [...parcels, stateOf(scan(50, { parcelId: 50 }))], 0);
  await putItems(dynamodb, resources.parcelsTable, [{ parcelId: { N: '51' } }]);
});

/** Two announcement queues of this test's own. */
async function deps(messageMaxBytes = 1_024) {
  const { sqs, dynamodb, resources } = engines();
  const open = async () => {
    queues += 1;
    const QueueName = `announcements-${process.pid}-${Date.now()}-${queues}`;
    const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
    return { url, sender: sqsSender(sqs, url) };
  };
  return {
    ...{ dynamodb, deployment: resources, clock: instantClock(), random: () => 0.5, messageMaxBytes },
    queues: [await open(), await open()],
  };
}

/** The bodies in a queue. */
async function bodies(QueueUrl: string): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const { Messages = [] } = await engines().sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: 60 }),
    );
    if (Messages.length === 0) return found;
    found.push(...Messages.map(({ Body = '' }) => Body));
  }
}

async function announcedIn(QueueUrl: string) {
  const found = await bodies(QueueUrl);
  const read = found.map((body): { announcements: { parcelId: number }[] } => JSON.parse(body));
  return { found, announcements: read.flatMap(({ announcements }) => announcements) };
}

describe('announcing by hand', () => {
  test('tells each queue of the milestone of each parcel, within the bound, and names what has none', async () => {
    const on = await deps();
    const filter = {
      parcelIds: [1, 2, 50, 51, 52, ...Array.from({ length: 20 }, (_, at) => at + 3)],
      milestone: 'delivery',
    } as const;
    const planned = await planAnnounce(on, filter, never);
    expect(planned.plan).toMatchObject({
      count: 22,
      isMoreThan: false,
      byReason: { delivery: 22 },
      oldestUtc: '2026-11-01T00:00:00.5Z',
      newestUtc: '2026-11-01T00:00:21.5Z',
      warnings: [
        'not announced: parcel 50: its delivery is not known',
        'not announced: parcel 51: its stored item is not a parcel',
        'not announced: parcel 52: it is not stored',
      ],
    });
    const result = await runAnnounce(on, planned, quiet);
    expect(result).toMatchObject({ outcome: 'partly', counts: { announced: 22, left: 3 } });
    expect(result.problems).toEqual(planned.plan.warnings);
    for (const { url } of on.queues) {
      const { found, announcements } = await announcedIn(url);
      expect(announcements.length).toBe(22);
      expect(announcements).toContainEqual({
        parcelId: 2,
        milestone: 'delivery',
        eventId: 1_002,
        timeUtc: '2026-11-01T00:00:01.5Z',
      });
      expect(found.every((body) => body.length <= 1_024)).toBe(true);
      expect(result.counts['messages']).toBe(2 * found.length);
    }
  });

  test('finds those delivered within a time, both ends included, to the last digit', async () => {
    const on = await deps(61_440);
    const filter = { deliveredFrom: '2026-11-01T00:00:03.50Z', deliveredTo: '2026-11-01T00:00:06.4999Z' };
    const planned = await planAnnounce(on, filter, never);
    expect(planned.plan).toMatchObject({ count: 3, warnings: [] });
    expect(await runAnnounce(on, planned, quiet)).toMatchObject({
      outcome: 'done',
      counts: { announced: 3, messages: 2 },
    });
    const { announcements } = await announcedIn(on.queues[0]?.url ?? '');
    expect(announcements.map(({ parcelId }) => parcelId).sort((a, b) => a - b)).toEqual([4, 5, 6]);
    const bad = planAnnounce(on, { ...filter, deliveredTo: 'soon' }, never);
    await expect(bad).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('stops where it meets more than was planned, and is cancelled before it sends', async () => {
    const on = await deps();
    const filter = { parcelIds: [1, 2, 3, 4, 5], milestone: 'pickup' } as const;
    const { plan } = await planAnnounce(on, { ...filter, parcelIds: [1] }, never);
    expect(await runAnnounce(on, { plan, filter }, quiet)).toMatchObject({
      outcome: 'refused',
      counts: { announced: 0 },
    });
    const cancelled = await runAnnounce(on, { plan, filter }, { ...quiet, signal: AbortSignal.abort() }, true);
    expect(cancelled).toMatchObject({ outcome: 'cancelled', counts: { announced: 0 } });
    expect(await runAnnounce(on, { plan, filter }, quiet, true)).toMatchObject({
      outcome: 'done',
      counts: { announced: 5 },
    });
  });

  test('without a queue is not configured, and a queue that takes nothing is an error that names it', async () => {
    const on = await deps();
    const filter = { parcelIds: [1], milestone: 'delivery' } as const;
    await expect(planAnnounce({ ...on, queues: [] }, filter, never)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    const gone = { url: 'http://127.0.0.1/gone', sender: sqsSender(engines().sqs, `${on.queues[0]?.url}-gone`) };
    const planned = await planAnnounce(on, filter, never);
    const sent = runAnnounce({ ...on, queues: [gone] }, planned, quiet);
    await expect(sent).rejects.toMatchObject({ code: 'QUEUE_REFUSED', message: expect.stringContaining(gone.url) });
  });
});
