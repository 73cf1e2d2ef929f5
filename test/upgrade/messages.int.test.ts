import { describe, expect, test } from 'vitest';
import { usePlace } from '../engines/place-under-test.ts';
import { asFailedToday, asWrittenToday } from './added-since.ts';
import { comparable } from './bookkeeping.ts';
import { Deployment, until } from './deployment.ts';
import { numberIn, textIn } from './item.ts';
import { processMessages } from './process-messages.ts';
import { recordedReleases } from './release.ts';

const place = usePlace();
const releases = await recordedReleases();

describe.each(releases)("the messages of $version, through this release's processor", ({ release }) => {
  test('end in the same parcels, failures and dead letters', async () => {
    const processed = await processMessages(await Deployment.open(place()), release.messages);
    const expected = asWrittenToday(release);
    expect(comparable({ ...expected, ...processed })).toEqual(comparable(expected));
  });

  test('are counted on in the failure records of that release', async () => {
    const deployment = await Deployment.open(place());
    const { failuresTable } = deployment.resources;
    const expiresAt = tomorrow();
    const newer = { acknowledgedBy: { S: 'a later release' } };
    for (const record of release.failures) await deployment.put(failuresTable, { ...record, ...newer, expiresAt });

    const again = release.messages.filter(({ redriven }) => !redriven);
    const { failures } = await processMessages(deployment, again);

    expect(failures).toHaveLength(release.failures.length);
    for (const [index, before] of release.failures.entries()) {
      const { resolvedAtUtc, ...rest } = before;
      expect(failures[index]).toEqual({
        ...asFailedToday(rest),
        ...newer,
        attempts: { N: String(2 * (numberIn(before, 'attempts') ?? 0)) },
        detail: failures[index]?.['detail'],
        lastFailedAtUtc: failures[index]?.['lastFailedAtUtc'],
        expiresAt: failures[index]?.['expiresAt'],
      });
      expect(failures[index]?.['lastFailedAtUtc']).not.toEqual(before['lastFailedAtUtc']);
      expect(failures[index]?.['expiresAt']).not.toEqual(expiresAt);
    }
    expect(release.failures.filter(({ resolvedAtUtc }) => resolvedAtUtc)).not.toEqual([]);
  });

  test('of which one was interrupted and is stored now take back what that release had on record', async () => {
    const deployment = await Deployment.open(place());
    const { failuresTable, parcelsTable } = deployment.resources;
    await deployment.put(failuresTable, { ...release.interrupted, expiresAt: tomorrow() });
    const show = await deployment.sendForTheLastTime(textIn(release.interrupted, 'body') ?? '');
    await show();

    await deployment.processing(async () => {
      await deployment.settled();
      await until('the record is gone', async () => (await deployment.scan(failuresTable, 'failureId')).length === 0);
    });

    expect(await deployment.scan(parcelsTable, 'parcelId')).toHaveLength(1);
    expect(textIn(release.interrupted, 'reason')).toBe('REPEATEDLY_INTERRUPTED');
  });
});

/** DynamoDB deletes what has expired, and a recorded item is older every day. */
function tomorrow() {
  return { N: String(Math.ceil(Date.now() / 1_000) + 86_400) };
}
