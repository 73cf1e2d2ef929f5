import { counted } from '@waybill/shared/counted.ts';
import type { FailureReason } from '@waybill/shared/failures/failure-record.ts';
import type { FailureRecord } from '../failures/failure-item.ts';
import { groupDetail } from '../failures/group-detail.ts';

/** Its processes ended: it needs no fix. */
const interrupted = 'REPEATEDLY_INTERRUPTED' satisfies FailureReason;

/** Milliseconds: what has failed within them would fail again now. */
const recentMs = 600_000;

/** Groups that are named; the others are counted. */
const mostNamed = 5;

type Group = { readonly reason: string; readonly detail: string; count: number; lastFailedAtUtc: string };

/**
 * What failed again since the fix should be out: "the fix is not out", a sentence for each reason and detail, those with
 * most failures first.
 *
 * @param deployedAtUtc when the fix went out; without it, what failed in the last 10 minutes counts
 */
export function notFixed(
  records: Iterable<Pick<FailureRecord, 'reason' | 'detail' | 'lastFailedAtUtc'>>,
  nowMs: number,
  deployedAtUtc?: string,
): string[] {
  const since = deployedAtUtc === undefined ? nowMs - recentMs : Date.parse(deployedAtUtc);
  const groups = new Map<string, Group>();
  for (const { reason, detail, lastFailedAtUtc } of records) {
    if (reason === interrupted || !(Date.parse(lastFailedAtUtc) >= since)) continue;
    const words = groupDetail(detail);
    const key = `${reason} ${words}`;
    const group = groups.get(key) ?? { reason, detail: words, count: 0, lastFailedAtUtc };
    group.count += 1;
    if (lastFailedAtUtc > group.lastFailedAtUtc) group.lastFailedAtUtc = lastFailedAtUtc;
    groups.set(key, group);
  }
  const when = deployedAtUtc === undefined ? 'in the last 10 minutes' : `since ${deployedAtUtc}`;
  const sorted = [...groups.values()].toSorted((a, b) => b.count - a.count);
  const named = sorted
    .slice(0, mostNamed)
    .map(
      ({ reason, detail, count, lastFailedAtUtc }) =>
        `the fix is not out: ${count} with ${reason} (${detail}) failed ${when}, the last at ${lastFailedAtUtc}`,
    );
  const rest = sorted.length - named.length;
  return rest > 0 ? [...named, `the fix is not out: ${counted(rest, 'more kind')} failed ${when}`] : named;
}
