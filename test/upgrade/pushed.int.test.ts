import { describe, expect, test } from 'vitest';
import { usePlace } from '../engines/place-under-test.ts';
import { comparablePush } from './bookkeeping.ts';
import { Deployment } from './deployment.ts';
import { textIn } from './item.ts';
import { pushOnce, settlePush } from './pushed.ts';
import { type Item, recordedReleases } from './release.ts';

const place = usePlace();
const releases = (await recordedReleases()).flatMap(({ version, release: { pushed } }) =>
  pushed ? [{ version, pushed }] : [],
);

/** As if it had been written a minute ago: a key holds for a day, and DynamoDB deletes what has expired. */
function fresh(item: Item): Item {
  const nowMs = Date.now() - 60_000;
  return {
    ...item,
    expiresAt: { N: String(Math.ceil(nowMs / 1_000) + 86_400) },
    ...('createdAtMs' in item && { createdAtMs: { N: String(nowMs) } }),
  };
}

describe.each(releases)('what was pushed to $version', ({ pushed }) => {
  test("is settled by this release's processor", async () => {
    const deployment = await Deployment.open(place());
    for (const item of pushed.sent) await deployment.put(deployment.resources.batchesTable, fresh(item));
    const settled = await settlePush(deployment, pushed.messages);
    expect(comparablePush({ ...pushed, settled })).toEqual(comparablePush(pushed));
  });

  test('is the same push when it is repeated to this release', async () => {
    const deployment = await Deployment.open(place());
    const { batchesTable, scanQueueUrl } = deployment.resources;
    for (const item of pushed.sent) await deployment.put(batchesTable, fresh(item));
    const batch = pushed.sent.find((item) => 'createdDay' in item);
    expect(await pushOnce(deployment)).toMatchObject({ batchId: textIn(batch ?? {}, 'batchId') });
    expect(await deployment.take(scanQueueUrl)).toEqual([]);
  });
});
