import type { KnownOfParcel } from '@waybill/operations/parcels/show-parcel.ts';
import { type Html, html } from '../html/html.ts';
import { foreign, id } from '../html/words.ts';
import { parcelSearch } from './parcel-search.ts';
import { parcelFailures, parcelNotifications } from './parcel-troubles.ts';

/** A parcel of which nothing is stored: what is known all the same, and what to do. */
export function notStored(known: KnownOfParcel, parcelId: number, nowMs: number): Html {
  const { failures, notifications, notLookedAt, freshness } = known;
  return html`<p class="sentence">Parcel ${id(parcelId)} is not stored.</p>
<ul class="steps">
<li>${through(freshness.completeThroughEventId)}</li>
<li>${
    failures.length > 0
      ? html`Scans of it have failed: mend what the records below say, then redrive them.`
      : html`None of its scans is on record as failed.`
  }</li>
<li>Is the id right? Look for another: it is the number that the carrier gives as <code>ParcelId</code>.</li>
<li>If a scan of it has an EventId N that the feed is past, <code>waybill replay --from N --to N</code> reads it again.</li>
</ul>
${parcelSearch()}
${failures.length > 0 && parcelFailures(known, nowMs)}
${notifications.length > 0 && parcelNotifications(known, nowMs)}
${notLookedAt.map((note) => html`<p class="note">Not looked at: ${foreign(note)}.</p>`)}`;
}

function through(eventId: number | null): Html {
  const now = html`<a href="/">Now</a> says how far it is behind.`;
  if (eventId === null) return html`It is not known yet through which EventId the feed is complete. ${now}`;
  return html`The feed is on the queue through EventId ${id(eventId)}: later scans are still to come. ${now}`;
}
