import type { ListedFailure } from '@waybill/operations/failures/failure-item.ts';
import { whatToDo } from '@waybill/operations/failures/next-step.ts';
import { counted } from '@waybill/shared/counted.ts';
import { type Html, html } from '../html/html.ts';
import { asSentence, figure, foreign, id, timeWithAge } from '../html/words.ts';
import { pageLinks } from '../layout/lists.ts';
import { failurePath } from '../layout/record-paths.ts';
import { isInScanQueue, planForm, redriveWords } from '../redrives/plan-form.ts';
import { type FailureFilter, groupList } from './failure-query.ts';

export type GroupView = {
  readonly filter: FailureFilter & { readonly reason: string };
  readonly failures: readonly ListedFailure[];
  /** How many there are; undefined where they were not counted. */
  readonly count: { readonly of: number; readonly isMoreThan: boolean } | undefined;
  readonly cursor: string | undefined;
  readonly nextCursor: string | undefined;
  readonly mayOperate: boolean;
  readonly nowMs: number;
};

/** A page of the records of one cause. */
export function groupView(view: GroupView): Html {
  const { filter, failures, count, cursor, nextCursor, mayOperate, nowMs } = view;
  const { reason, detail, parcelId, since } = filter;
  const howMany =
    count && (count.isMoreThan ? `more than ${counted(count.of, 'failure')}` : counted(count.of, 'failure'));
  return html`<p class="sentence">${foreign(reason)}${detail !== undefined && html`: ${foreign(detail)}`}</p>
<p>${howMany === undefined ? 'Those that failed last come first.' : `${howMany} in all, those that failed last first.`}${parcelId !== undefined && html` Only of parcel ${id(parcelId)}.`}${since !== undefined && html` Only what failed since ${timeWithAge(since, nowMs)}.`}</p>
${failures.length > 0 && html`<p>${asSentence(whatToDo(reason, redriveWords(reason)))}</p>`}
${
  mayOperate &&
  failures.length > 0 &&
  isInScanQueue(reason) &&
  html`<div class="next">${planForm({ reason, detail, parcelId }, redriveLabel(view))}${since !== undefined && html`<span class="hint">whenever they failed</span>`}</div>`
}
${failures.length > 0 ? table(failures, nowMs) : html`<p>No failure is left here.</p>`}
${pageLinks(groupList(filter), { cursor, nextCursor })}
<p><a href="/failures">All causes</a></p>`;
}

/** The number of those that the redrive selects, which asks for no time. */
function redriveLabel({ count, filter: { since } }: GroupView): Html {
  if (!count || count.isMoreThan || since !== undefined) return html`Redrive these…`;
  return count.of === 1 ? html`Redrive this one…` : html`Redrive these ${figure(count.of)}…`;
}

function table(failures: readonly ListedFailure[], nowMs: number): Html {
  return html`<table class="rows">
<caption>${counted(failures.length, 'failure')} on this page</caption>
<thead><tr><th scope="col">Failure</th><th scope="col">Detail</th><th scope="col">Parcel</th><th scope="col" class="number">Attempts</th><th scope="col">Last failed</th></tr></thead>
<tbody>${failures.map(
    ({ failureId, detail, parcelId, attempts, lastFailedAtUtc }) => html`<tr>
<th scope="row"><a href="${failurePath(failureId)}">${id(failureId)}</a></th>
<td data-name="Detail">${foreign(detail)}</td>
<td data-name="Parcel">${parcelId === null ? html`<span class="none">–</span>` : html`<a href="/parcel/${parcelId}">${id(parcelId)}</a>`}</td>
<td data-name="Attempts" class="number">${figure(attempts)}</td>
<td data-name="Last failed">${timeWithAge(lastFailedAtUtc, nowMs)}</td>
</tr>`,
  )}</tbody>
</table>`;
}
