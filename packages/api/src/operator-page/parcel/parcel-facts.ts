import type { ParcelView } from '@waybill/shared/parcels/parcel-view.ts';
import { type Html, html } from '../html/html.ts';
import { foreign, id, scanTimeWithAge, timeWithAge } from '../html/words.ts';
import { stageTag } from './stage-tag.ts';

/** What is stored of a parcel. */
export function parcelFacts(parcel: ParcelView, completeThroughEventId: number | null, nowMs: number): Html {
  const { latest, stage, pickup, delivery, revision, updatedAtUtc } = parcel;
  const milestone = (reached: ParcelView['pickup']) =>
    reached
      ? html`${scanTimeWithAge(reached.timeUtc, nowMs)}<br><span class="age">EventId ${id(reached.eventId)}</span>`
      : html`<span class="none">not known</span>`;
  return html`<section class="panel" aria-labelledby="state"><h2 id="state">State</h2><dl class="facts">
<div><dt>Stage</dt><dd>${stageTag(stage)}</dd></div>
<div><dt>Latest scan</dt><dd>${scanTimeWithAge(latest.createdDateTimeUtc, nowMs)}<br>${scanText(latest)} <span class="age">EventId ${id(latest.eventId)}</span></dd></div>
<div><dt>Pickup</dt><dd>${milestone(pickup)}</dd></div>
<div><dt>Delivery</dt><dd>${milestone(delivery)}</dd></div>
<div><dt>Updated</dt><dd>${timeWithAge(updatedAtUtc, nowMs)}<br><span class="age">revision ${id(revision)}</span></dd></div>
</dl>
<p class="hint">${completeThrough(completeThroughEventId)}</p></section>`;
}

function completeThrough(eventId: number | null): Html {
  if (eventId === null) return html`Nobody knows yet through which EventId the feed is complete.`;
  return html`The feed is complete through EventId ${id(eventId)}: of later scans some may still be on their way.`;
}

/** Type and status of a scan. */
export function scanText({ type, statusCode }: { readonly type: string; readonly statusCode: string }): Html {
  return html`${foreign(type)}${statusCode !== '' && html` ${foreign(statusCode)}`}`;
}
