import { timelineOf } from '@waybill/operations/parcels/timeline.ts';
import { counted } from '@waybill/shared/counted.ts';
import { milestoneNames } from '@waybill/shared/domain/milestones.ts';
import type { ParcelView } from '@waybill/shared/parcels/parcel-view.ts';
import { type Html, html } from '../html/html.ts';
import { id, scanTimeWithAge } from '../html/words.ts';
import { scanText } from './parcel-facts.ts';

/** The scans of a parcel as a timeline, by EventId, the newest first. */
export function parcelHistory(parcel: ParcelView, nowMs: number): Html {
  const entries = timelineOf(parcel.history ?? []);
  const late = entries.filter(({ isLate }) => isLate).length;
  const isOneLate = late === 1;
  return html`<section class="panel" aria-labelledby="history"><h2 id="history">History</h2>
${
  entries.length === 0
    ? html`<p class="hint">No scans are kept for this parcel. What is known of it is above.</p>`
    : html`<p class="hint">${counted(entries.length, 'scan')}, the highest EventId first.${late > 0 && ` ${counted(late, 'scan')} came late: the carrier told ${isOneLate ? 'it' : 'them'} after scans that happened later.`}</p>
<ol class="timeline">${entries.map((entry) => timelineEntry(entry, parcel, nowMs))}</ol>`
}</section>`;
}

function timelineEntry(
  { scan, isLate }: ReturnType<typeof timelineOf<NonNullable<ParcelView['history']>[number]>>[number],
  parcel: ParcelView,
  nowMs: number,
): Html {
  const reached = milestoneNames.filter((name) => parcel[name]?.eventId === scan.eventId);
  const marks = [reached.length > 0 && 'milestone', isLate && 'late'].filter((mark) => mark !== false);
  return html`<li${marks.length > 0 && html` class="${marks.join(' ')}"`}>
<p>${scanText(scan)} ${reached.map((name) => html`<span class="tag">${name}</span> `)}${isLate && html`<span class="tag warn">late</span>`}</p>
<p class="age">${scanTimeWithAge(scan.createdDateTimeUtc, nowMs)} · EventId ${id(scan.eventId)}</p>
</li>`;
}
