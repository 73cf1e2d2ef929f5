import { instantOf } from '@waybill/shared/times.ts';
import type { ParcelsPage } from '../../parcels/parcel-answers.ts';
import { type Html, html } from '../html/html.ts';
import { foreign, id, scanTimeWithAge } from '../html/words.ts';
import { pageLinks } from '../layout/lists.ts';
import { scanText } from '../parcel/parcel-facts.ts';
import { stageTag } from '../parcel/stage-tag.ts';
import type { StuckFilter } from './stuck-filters.ts';

type Asked = StuckFilter & { readonly before: string; readonly cursor: string | undefined };

/** A page of parcels that are not scanned any more. */
export function stuckList({ parcels, unreadable = [], nextCursor }: ParcelsPage, asked: Asked, nowMs: number): Html {
  const { since, stage, before, cursor } = asked;
  const caption = html`Open parcels without a scan since ${instantOf(before)}, those first seen longest ago first`;
  return html`${
    parcels.length === 0
      ? html`<p class="sentence">${nothing(asked, nextCursor !== undefined)}</p>`
      : html`<table class="rows"><caption>${caption}</caption>
<thead><tr><th scope="col">Parcel</th><th scope="col">Stage</th><th scope="col">Latest scan</th><th scope="col">What it was</th><th scope="col">EventId</th></tr></thead>
<tbody>${parcels.map(
          ({ parcelId, stage: at, latest }) => html`<tr>
<th scope="row" class="tight"><a href="/parcel/${parcelId}">${id(parcelId)}</a></th>
<td data-name="Stage">${stageTag(at)}</td>
<td data-name="Latest scan">${scanTimeWithAge(latest.createdDateTimeUtc, nowMs)}</td>
<td data-name="What it was">${scanText(latest)}</td>
<td data-name="EventId" class="tight">${id(latest.eventId)}</td></tr>`,
        )}</tbody></table>`
  }
${unreadable.length > 0 && html`<div class="note"><p>Not judged, look at each: what is stored of it, or the time of its latest scan, cannot be read.</p><ul>${unreadable.map(({ parcelId, problem }) => html`<li><a href="/parcel/${parcelId}">${id(parcelId)}</a> ${foreign(problem)}</li>`)}</ul></div>`}
${pageLinks({ path: '/stuck', filters: { since, stage, before: nextCursor === undefined ? undefined : before } }, { cursor, nextCursor })}`;
}

function nothing({ since, cursor, stage }: Asked, hasMore: boolean): string {
  if (hasMore) return 'None among those looked at so far. The next page looks further.';
  if (cursor !== undefined) return 'No more of them.';
  const which = stage === undefined ? 'open parcel' : 'parcel in this stage';
  return `Nothing is stuck: every ${which} was scanned within ${since}.`;
}
