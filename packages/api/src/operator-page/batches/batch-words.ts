import type { BatchStatus } from '@waybill/operations/batches/batch-status.ts';
import { batchRetentionDays } from '@waybill/shared/resources.ts';
import { type Html, html } from '../html/html.ts';

/** What a status says of a batch, as the end of a sentence; whether it may still change, and whether somebody must look. */
const statusWords = {
  receiving: { is: 'is being received: not all of it is on the queue yet', isUnderWay: true },
  queued: { is: 'waits on the queue', isUnderWay: true },
  processing: { is: 'is being written', isUnderWay: true },
  completed: { is: 'is done: all that was accepted is written' },
  failed: { is: 'is done in part: some of its events failed', isTrouble: true },
} as const satisfies Readonly<
  Record<BatchStatus, { readonly is: string; readonly isUnderWay?: true; readonly isTrouble?: true }>
>;

export function isUnderWay(status: BatchStatus): boolean {
  return 'isUnderWay' in statusWords[status];
}

export function statusSentence(status: BatchStatus): string {
  return statusWords[status].is;
}

export function statusTag(status: BatchStatus): Html {
  return html`<span class="tag${'isTrouble' in statusWords[status] && ' warn'}">${status}</span>`;
}

/** Shown where the deployment has no table of batches. */
export function takesNoBatches(): Html {
  return html`<p class="sentence">Nothing is pushed to this deployment: it has no table of batches.</p>
<p>Set <code>BATCHES_TABLE</code> for the API to take events by <code>POST /v1/scan-events</code>.</p>`;
}

/** For how long a batch can be looked at. */
export const keptFor = `Batches are kept for ${batchRetentionDays} days.`;
