import { fieldOfUtc } from '../forms/given-fields.ts';
import { reasonField } from '../forms/reason-field.ts';
import { type Html, html } from '../html/html.ts';
import type { FailureFilter } from './failure-query.ts';

/** The form that narrows down which failures are shown; what it sends stays in the URL. */
export function failureFilters({ reason, detail, parcelId, since }: FailureFilter): Html {
  return html`<form class="filters" action="/failures" aria-label="Filter">
<div><label for="reason">Reason</label>${reasonField(reason)}</div>
<div><label for="detail">Detail has</label><input id="detail" name="detail" value="${detail ?? ''}" maxlength="1024" autocomplete="off"></div>
<div><label for="parcelId">Parcel id</label><input id="parcelId" name="parcelId" value="${parcelId ?? ''}" inputmode="numeric" pattern="[1-9][0-9]*" maxlength="16" autocomplete="off"></div>
<div><label for="since">Failed since (UTC)</label><input id="since" name="since" type="datetime-local" value="${fieldOfUtc(since)}"></div>
<button class="quiet">Show</button>${isNarrow({ reason, detail, parcelId, since }) && html` <a href="/failures">Show all</a>`}
</form>`;
}

/** Whether anything is left out. */
export function isNarrow(filter: FailureFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}
