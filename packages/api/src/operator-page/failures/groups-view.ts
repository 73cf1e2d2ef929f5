import type { FailureGroup, FailureGroups } from '@waybill/operations/failures/failure-groups.ts';
import { whatToDo } from '@waybill/operations/failures/next-step.ts';
import { counted, shownNumber } from '@waybill/shared/counted.ts';
import { type Html, html } from '../html/html.ts';
import { asSentence, figure, foreign, id, timeWithAge } from '../html/words.ts';
import { failurePath } from '../layout/record-paths.ts';
import { planForm, redriveWords } from '../redrives/plan-form.ts';
import { failureFilters, isNarrow } from './failure-filters.ts';
import { type FailureFilter, groupUrl } from './failure-query.ts';

export type GroupsView = {
  readonly found: FailureGroups;
  readonly filter: FailureFilter;
  /** Whether acts are offered. */
  readonly mayOperate: boolean;
  readonly nowMs: number;
};

/** What failed, by cause, and what to do about each reason. */
export function groupsView({ found, filter, mayOperate, nowMs }: GroupsView): Html {
  const { groups, notes } = found;
  const reasons = [...new Set(groups.map(({ reason }) => reason))];
  return html`<p id="sentence" class="sentence" role="status" data-live>${headlineOf(found, filter)}</p>
${mayOperate && !isNarrow(filter) && html`<div class="next">${planForm({}, 'Redrive all…', 'quiet')}<a href="/redrives/plan">Redrive some…</a></div>`}
${failureFilters(filter)}
<div id="groups" class="stack" data-live>
${notes.map((note) => html`<p class="note">${note}</p>`)}
${groups.length > 0 && table(groups, filter, nowMs)}
${
  reasons.length > 0 &&
  html`<section class="panel" aria-labelledby="what-to-do"><h2 id="what-to-do">What to do</h2><dl class="advice">${reasons.map(
    (reason) =>
      html`<div><dt>${foreign(reason)}</dt><dd>${asSentence(whatToDo(reason, redriveWords(reason)))}</dd></div>`,
  )}</dl></section>`
}
</div>`;
}

function headlineOf({ count, isMoreThan, groups }: FailureGroups, filter: FailureFilter): string {
  if (count === 0) return isNarrow(filter) ? 'No failure fits this filter.' : 'No failures. Nothing to do.';
  const failures = isMoreThan ? `More than ${shownNumber(count)} failures` : counted(count, 'failure');
  const kinds = counted(groups.length, 'kind');
  return `${failures} of ${kinds}${isNarrow(filter) ? ' fit this filter' : ''}. The largest first.`;
}

function table(groups: readonly FailureGroup[], filter: FailureFilter, nowMs: number): Html {
  return html`<table class="rows">
<caption>What is not resolved, by cause; ids are taken out of the details</caption>
<thead><tr><th scope="col">Cause</th><th scope="col" class="number">Failures</th><th scope="col">First failed</th><th scope="col">Last failed</th><th scope="col">The last one</th></tr></thead>
<tbody>${groups.map((group) => {
    const { reason, detail, count, firstFailedAtUtc, lastFailedAtUtc, sample } = group;
    const url = groupUrl({ ...filter, reason, detail });
    return html`<tr>
<th scope="row"><a href="${url}">${foreign(reason)}</a><br>${foreign(detail)}</th>
<td data-name="Failures" class="number">${figure(count)}</td>
<td data-name="First failed">${timeWithAge(firstFailedAtUtc, nowMs)}</td>
<td data-name="Last failed">${timeWithAge(lastFailedAtUtc, nowMs)}</td>
<td data-name="The last one"><a href="${failurePath(sample)}">${id(sample)}</a></td>
</tr>`;
  })}</tbody>
</table>`;
}
