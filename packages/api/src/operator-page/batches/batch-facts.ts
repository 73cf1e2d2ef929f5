import type { BatchView } from '@waybill/operations/batches/batch-view.ts';
import { counted } from '@waybill/shared/counted.ts';
import { type Html, html } from '../html/html.ts';
import { figure, id, timeWithAge } from '../html/words.ts';
import { failurePath } from '../layout/record-paths.ts';
import { keptFor, statusSentence, statusTag } from './batch-words.ts';

/** What became of one push. */
export function batchFacts(batch: BatchView, nowMs: number): Html {
  const { batchId, status, accepted, rejected, packs, packsPending, failed } = batch;
  const rejections =
    rejected > 0 &&
    ` ${counted(rejected, 'event')} of it ${rejected === 1 ? 'was' : 'were'} refused, and who pushed it was told which.`;
  return html`<div id="batch" class="part" data-live><p class="sentence">This batch ${statusSentence(status)}.${rejections}</p>
<section class="panel" aria-labelledby="facts"><h2 id="facts">Facts</h2><dl class="facts">
<div><dt>Batch</dt><dd>${id(batchId)}</dd></div>
<div><dt>Status</dt><dd>${statusTag(status)}</dd></div>
<div><dt>Accepted</dt><dd>${figure(accepted)}</dd></div>
<div><dt>Rejected</dt><dd>${figure(rejected)}</dd></div>
<div><dt>Packs pending</dt><dd>${figure(packsPending)} <span class="age">${packs !== null && html`of ${figure(packs)}`}</span></dd></div>
<div><dt>Created</dt><dd>${timeWithAge(batch.createdAtUtc, nowMs)}</dd></div>
<div><dt>Started</dt><dd>${timeWithAge(batch.startedAtUtc, nowMs)}</dd></div>
<div><dt>Finished</dt><dd>${timeWithAge(batch.finishedAtUtc, nowMs)}</dd></div>
</dl></section>
${
  failed.length > 0 &&
  html`<section class="panel" aria-labelledby="failed"><h2 id="failed">${counted(failed.length, 'failure')} not resolved</h2>
<p class="hint">Each record says what is wrong. Once that is mended, they are redriven from there.</p>
<ul class="ids">${failed.map((failureId) => html`<li><a href="${failurePath(failureId)}">${id(failureId)}</a></li>`)}</ul></section>`
}</div>`;
}

/** Shown for an id of which there is nothing. */
export function noSuchBatch(batchId: string): Html {
  return html`<p class="sentence">There is no batch ${id(batchId)}.</p>
<p>${keptFor} Is the id whole, as <code>POST /v1/scan-events</code> returned it?</p>
<p class="next"><a class="button quiet" href="/batches">All batches</a></p>`;
}
