import { batchStatuses } from '@waybill/operations/batches/batch-status.ts';
import type { z } from 'zod';
import type { batchesQuery, batchesShape } from '../../batches/batches.ts';
import { type Html, html } from '../html/html.ts';
import { figure, id, timeWithAge } from '../html/words.ts';
import { choices, pageLinks } from '../layout/lists.ts';
import { keptFor, statusTag } from './batch-words.ts';

type Asked = Pick<z.output<typeof batchesQuery>, 'status' | 'cursor'>;

/** A page of what was pushed. */
export function batchList(
  { batches, nextCursor }: z.output<typeof batchesShape>,
  { status, cursor }: Asked,
  nowMs: number,
): Html {
  const list = { path: '/batches', filters: { status } };
  const values = batchStatuses.map((each) => [each, each] as const);
  return html`${choices('Status', list, { filter: 'status', all: 'all', values })}
<div id="batches" class="part" data-live>${
    batches.length === 0
      ? html`<p class="sentence">${nothing({ status, cursor }, nextCursor !== undefined)}</p><p class="hint">${keptFor}</p>`
      : html`<table class="rows"><caption>What was pushed over HTTP, the newest first</caption>
<thead><tr><th scope="col">Batch</th><th scope="col">Status</th><th scope="col">Created</th><th scope="col" class="number">Accepted</th><th scope="col" class="number">Rejected</th><th scope="col" class="number">Pending</th><th scope="col" class="number">Failed</th></tr></thead>
<tbody>${batches.map(
          ({ batchId, accepted, rejected, packsPending, failed, createdAtUtc, ...batch }) => html`<tr>
<th scope="row" class="word"><a id="batch-${batchId}" href="/batches/${encodeURIComponent(batchId)}">${id(batchId)}</a></th>
<td data-name="Status">${statusTag(batch.status)}</td>
<td data-name="Created">${timeWithAge(createdAtUtc, nowMs)}</td>
<td data-name="Accepted" class="number">${figure(accepted)}</td>
<td data-name="Rejected" class="number">${figure(rejected)}</td>
<td data-name="Packs pending" class="number">${figure(packsPending)}</td>
<td data-name="Failed" class="number">${figure(failed.length)}</td></tr>`,
        )}</tbody></table>`
  }
${pageLinks(list, { cursor, nextCursor })}</div>`;
}

function nothing({ status, cursor }: Asked, hasMore: boolean): string {
  if (hasMore) return 'None among those looked at so far. The next page looks further.';
  if (cursor !== undefined) return 'No more of them.';
  return status === undefined ? 'Nothing was pushed over HTTP lately.' : `No batch is ${status}.`;
}
