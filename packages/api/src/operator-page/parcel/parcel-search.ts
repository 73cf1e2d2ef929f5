import { type Html, html } from '../html/html.ts';

/** The search of the screen: what was typed, and what to type instead. */
export function parcelSearch(typed = '', problem?: string): Html {
  return html`<form class="form" role="search" aria-label="Parcel" action="/parcel">
<div><label for="parcel-id">ParcelId</label>
<input id="parcel-id" name="id" inputmode="numeric" autocomplete="off" maxlength="100" value="${typed}"${problem !== undefined && html` aria-invalid="true"`} aria-describedby="parcel-hint"></div>
<button>Show the parcel</button>
</form>
<p id="parcel-hint" class="${problem === undefined ? 'hint' : 'problem'}"${problem !== undefined && html` role="alert"`}>${problem ?? html`One parcel: where it is, its scans, its failures and notifications. Spaces and separators, as in 1,234,567, do no harm. Parcels that no longer move are under <a href="/stuck">Stuck</a>.`}</p>`;
}
