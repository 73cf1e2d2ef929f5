import { type Stage, stages } from '@waybill/shared/domain/stage-names.ts';
import { type Html, html } from '../html/html.ts';
import { stageName } from '../parcel/stage-tag.ts';

/** Stages that an open parcel can be in. */
export const openStages = stages.filter((stage) => stage !== 'delivered');

export type StuckFilter = { readonly since: string; readonly stage: Stage | undefined };

/** The form that says which parcels count as stuck. */
export function stuckFilters({ since, stage }: StuckFilter, isWrong = false): Html {
  return html`<form class="filters" action="/stuck">
<div><label for="since">No scan for</label>
<input id="since" name="since" autocomplete="off" maxlength="8" value="${since}"${isWrong && html` aria-invalid="true"`} aria-describedby="since-hint"></div>
<div><label for="stage">Stage</label>
<select id="stage" name="stage"><option value="">any</option>${openStages.map(
    (each) => html`<option value="${each}"${each === stage && html` selected`}>${stageName(each)}</option>`,
  )}</select></div>
<button>Show</button>
</form>
<p id="since-hint" class="${isWrong ? 'problem' : 'hint'}"${isWrong && html` role="alert"`}>${isWrong && 'This is not a duration. '}Type a number and a unit: <code>90m</code>, <code>48h</code> or <code>5d</code>.</p>`;
}
