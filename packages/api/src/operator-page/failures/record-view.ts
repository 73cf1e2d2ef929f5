import type { ShownFailure } from '@waybill/operations/failures/failure-show.ts';
import { type Html, html } from '../html/html.ts';
import { figure, foreign, id, timeWithAge } from '../html/words.ts';
import { isInScanQueue, planForm } from '../redrives/plan-form.ts';
import { groupUrl } from './failure-query.ts';

/** One failure, and what to do about it. */
export function recordView(
  failure: ShownFailure,
  { mayOperate, nowMs }: { readonly mayOperate: boolean; readonly nowMs: number },
): Html {
  const { failureId, reason, detail, attempts, parcelId, next, body, traceId } = failure;
  const { firstFailedAtUtc, lastFailedAtUtc, resolvedAtUtc, expiresAtUtc } = failure;
  const mayBeRedriven = mayOperate && resolvedAtUtc === null && isInScanQueue(reason);
  return html`<p class="sentence">${id(failureId)} ${resolvedAtUtc === null ? html`<span class="tag warn">not resolved</span>` : html`<span class="tag">resolved</span>`}</p>
<section class="panel" aria-labelledby="what-to-do"><h2 id="what-to-do">What to do</h2><p>${next}</p></section>
<div class="next">${mayBeRedriven && planForm({ failureIds: [failureId] }, 'Redrive this one…')}${parcelId !== null && html`<a href="/parcel/${parcelId}">Its parcel ${id(parcelId)}</a>`}${/^[A-Z][A-Z0-9_]{0,63}$/.test(reason) && html`<a href="${groupUrl({ reason })}">Others with this reason</a>`}</div>
<section class="panel" aria-labelledby="facts"><h2 id="facts">What is on record</h2><dl class="facts">
<div><dt>Reason</dt><dd>${foreign(reason)}</dd></div>
<div class="wide"><dt>Detail</dt><dd>${foreign(detail)}</dd></div>
<div><dt>Attempts</dt><dd>${figure(attempts)}</dd></div>
<div><dt>First failed</dt><dd>${timeWithAge(firstFailedAtUtc, nowMs)}</dd></div>
<div><dt>Last failed</dt><dd>${timeWithAge(lastFailedAtUtc, nowMs)}</dd></div>
<div><dt>Resolved</dt><dd>${timeWithAge(resolvedAtUtc, nowMs)}</dd></div>
<div><dt>Kept until</dt><dd>${timeWithAge(expiresAtUtc, nowMs)}</dd></div>
${traceId !== undefined && html`<div><dt>Trace</dt><dd>${id(traceId)}</dd></div>`}
</dl></section>
${body !== undefined && html`<section class="stack" aria-labelledby="body"><h2 id="body">What failed</h2>${body === null ? html`<p class="none">The record has none of it.</p>` : html`<pre tabindex="0" aria-labelledby="body"><bdi>${body}</bdi></pre>`}<p class="hint">It may hold ids of people: it is shown only to a token that may act.</p></section>`}`;
}
