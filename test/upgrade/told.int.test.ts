import { describe, expect, test } from 'vitest';
import { usePlace } from '../engines/place-under-test.ts';
import { comparableTold } from './bookkeeping.ts';
import { Deployment } from './deployment.ts';
import { numberIn } from './item.ts';
import { recordedReleases } from './release.ts';
import { refusedParcel, tell } from './told.ts';

const place = usePlace();
const releases = (await recordedReleases()).flatMap(({ version, release: { told, parcels } }) =>
  told ? [{ version, parcels, told }] : [],
);

/** DynamoDB deletes what has expired, and a recorded item is older every day. */
const expiresAt = { N: String(Math.ceil(Date.now() / 1_000) + 86_400) };
const newer = { channel: { S: 'a later release' } };

describe.each(releases)("what $version announced, through this release's notifier", ({ parcels, told }) => {
  test('is told under the ids of that release', async () => {
    const deployment = await Deployment.open(place());
    for (const parcel of parcels) await deployment.put(deployment.resources.parcelsTable, { ...parcel });
    const now = await tell(deployment, told.announcements, { refused: refusedParcel });
    expect(comparableTold({ ...told, ...now })).toEqual(comparableTold(told));
    expect(told.ids.length).toBeGreaterThan(0);
  });

  test('is not told again, but for what that release was refused', async () => {
    const deployment = await Deployment.open(place());
    const { parcelsTable, notificationsTable } = deployment.resources;
    for (const parcel of parcels) await deployment.put(parcelsTable, { ...parcel });
    for (const item of told.notifications) await deployment.put(notificationsTable, { ...item, ...newer, expiresAt });
    const now = await tell(deployment, told.announcements);
    expect(now.ids).toEqual([expect.stringMatching(`_${refusedParcel}$`)]);
    const mended = now.notifications.find((item) => numberIn(item, 'parcelId') === refusedParcel);
    expect(mended).toMatchObject({ ...newer, state: { S: 'notified' } });
    expect(now.notifications).toHaveLength(told.notifications.length);
    expect(told.notifications).toContainEqual(expect.objectContaining({ state: { S: 'requirements-not-met' } }));
  });
});
