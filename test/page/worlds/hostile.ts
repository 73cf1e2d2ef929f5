import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { storeParcels } from '../../../packages/operations/test/parcels-rig.ts';
import { scan } from '../../../packages/processor/test/processor-rig.ts';
import { batchItem } from './batches.ts';
import { failureItem } from './failures.ts';
import { ago, hours, minutes, momentMs } from './moment.ts';
import { notificationItem } from './notifications.ts';
import { operationItem, planOf } from './operations.ts';
import { parcelOf } from './parcels.ts';
import type { PlainItem } from './write-items.ts';

/** What a feed or a carrier may say instead of a status. Each calls `hostile` where it runs. */
export const hostileTexts = {
  image: '<img src=x onerror="hostile(1)">',
  script: '</script><script>hostile(2)</script>',
  attribute: `"' onmouseover='hostile(3)' autofocus onfocus="hostile(4)" x="`,
  link: 'javascript:hostile(5)',
  // An override, an embedding and a mark from right to left, none of them closed.
  bidi: '\u202e\u2067\u200fDEREVILED شحنة',
  long: 'LONG_'.repeat(205).slice(0, 1_024),
  emoji: '📦🏴‍☠️ZW\u200bSP',
  template: '\u0024{hostile(6)}{{hostile(7)}}<!--',
  reference: '&lt;b&gt;&#x1F4A9;&nbsp;',
} as const;

const texts = Object.values(hostileTexts);
const all = texts.join(' ');

/** The greatest number that JavaScript has whole: an id of it, cut or rounded, shows. */
export const greatestId = Number.MAX_SAFE_INTEGER;

/** A parcel whose scans say each of the texts in each of their fields. */
export async function fillHostileParcels(dynamodb: DynamoDBClient, table: string): Promise<void> {
  const scans = texts.flatMap((text, index) => {
    const at = (eventId: number, type: string, statusCode: string) =>
      scan(eventId, {
        ...{ parcelId: greatestId, type, statusCode, runId: text },
        createdDateTimeUtc: ago((20 - index) * hours),
      });
    return [at(greatestId - 40 + index, 'STATUS', text), at(greatestId - 20 + index, text, text)];
  });
  await storeParcels(dynamodb, table, [parcelOf(scans)], momentMs - 72 * hours * 1_000);
}

export function hostileFailures(): readonly PlainItem[] {
  return [...texts, all].map((text, index) =>
    failureItem({
      failureId: `event-${greatestId - 20 + index}`,
      reason: 'STORE_REJECTED',
      detail: `ValidationException: ${text}`,
      parcelId: greatestId,
      attempts: 3,
      body: `{"StatusCode":${JSON.stringify(text)}}`,
      firstFailedAtUtc: ago(3 * hours),
      lastFailedAtUtc: ago((20 + index) * minutes),
    }),
  );
}

export function hostileNotifications(): readonly PlainItem[] {
  return (['pickup', 'delivery'] as const).map((milestone) =>
    notificationItem({
      ...{ parcelId: greatestId, milestone, state: 'failed', eventId: greatestId - 20, attempts: 3 },
      ...{ timeUtc: ago(20 * hours), lastStatus: 422, lastError: all, changedAtUtc: ago(19 * hours) },
      unmet: [hostileTexts.image],
    }),
  );
}

export function hostileBatches(): readonly PlainItem[] {
  const counts = { accepted: 10_000, rejected: 10_000, packs: 1, pending: 0 };
  return [batchItem({ ...counts, createdAgo: 600, state: 'sent', failed: [...texts] })];
}

/** The words of an operator, and a filter that was pasted into. */
export const hostileOperationId = '20261128T200000-00000001';

export function hostileOperations(): readonly PlainItem[] {
  return [
    operationItem({
      ...{ operationId: hostileOperationId, kind: 'redrive-some', by: hostileTexts.image },
      because: all,
      filter: { detail: all, reason: hostileTexts.script },
      plan: {
        ...planOf(greatestId, { [hostileTexts.attribute]: greatestId }),
        samples: [{ failureId: hostileTexts.link, detail: all, parcelId: greatestId }],
        ...{ warnings: [all], notLookedAt: [all] },
      },
      ...{ startedAtUtc: ago(2 * hours), finishedAtUtc: ago(1 * hours), outcome: 'partly' },
      ...{ counts: { [hostileTexts.bidi]: greatestId }, problems: [...texts] },
    }),
  ];
}
