import { unpack } from '@waybill/shared/domain/pack.ts';
import { describe, expect, test } from 'vitest';
import { usePlace } from '../engines/place-under-test.ts';
import { Deployment, until } from './deployment.ts';
import { feed, following } from './follow.ts';
import { numberIn, textIn } from './item.ts';
import { recordedReleases } from './release.ts';

const place = usePlace();
const releases = await recordedReleases();
const newer = { laterAttribute: { S: '[[7,9]]' } };
const states = ['taken', 'held', 'released'] as const;
const cases = releases.flatMap(({ version, release }) =>
  states.map((state) => ({ version, state, item: release.checkpoints[state] })),
);

describe.each(cases)('a checkpoint that a poller of $version left $state', ({ item }) => {
  test('is taken over: its position is continued, its holder is fenced off, what a later release added stays', async () => {
    const deployment = await Deployment.open(place());
    const { checkpointsTable, scanQueueUrl } = deployment.resources;
    await deployment.put(checkpointsTable, { ...item, ...newer });
    const before = {
      token: numberIn(item, 'fencingToken') ?? 0,
      holder: textIn(item, 'leaseHolder') ?? '',
      last: numberIn(item, 'lastEventId') ?? 0,
    };
    const read = () => deployment.get(checkpointsTable, { feed });

    const elements = [200, 301, 302, 303].map(scan);
    await following(deployment, { elements, leaseMs: 1_500 }, async ({ requests, checkpoints }) => {
      await until('the position has moved', async () => numberIn(await read(), 'lastEventId') === 303);
      // From its own id on: the page before may have been cut off there.
      expect(requests[0]).toBe(Math.max(1, before.last));
      expect(await read()).toMatchObject(newer);
      expect(numberIn(await read(), 'fencingToken')).toBeGreaterThan(before.token);
      expect(await checkpoints.renew(before, 400)).toBe('fenced');
    });

    expect(await read()).toMatchObject({ ...newer, lastEventId: { N: '303' } });
    expect(await read()).not.toHaveProperty('leaseHolder');
    const sent = new Set((await deployment.take(scanQueueUrl)).flatMap(({ body }) => eventIdsIn(body)));
    expect(sent).toEqual(new Set([200, 301, 302, 303].filter((eventId) => eventId > before.last)));
  });
});

function eventIdsIn(body: string): number[] {
  const message = unpack(body);
  if (message.kind !== 'pack') return [];
  return message.elements.flatMap((element) => ('event' in element ? [element.event.eventId] : []));
}

function scan(eventId: number) {
  return { EventId: eventId, ParcelId: 1, Type: 'STATUS', CreatedDateTimeUtc: '2021-05-12T08:00:00Z' };
}
