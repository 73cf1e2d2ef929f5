import { shownNumber } from '@waybill/shared/counted.ts';
import { instantOf } from '@waybill/shared/times.ts';
import { fieldOfUtc } from '../forms/given-fields.ts';
import { reasonField } from '../forms/reason-field.ts';
import { type Html, html } from '../html/html.ts';
import { addressOf } from '../layout/lists.ts';
import { filterWords } from '../operations/operation-view.ts';
import { planFacts, planSamples, type ShownPlan } from '../operations/plan-view.ts';
import { hiddenFilter, planForm, type RedriveFilter } from './plan-form.ts';

/** The form that selects dead letters. Nothing is done by it: the plan comes first. */
export function selectionForm(filter: RedriveFilter, deployedAtUtc: string | undefined): Html {
  const { reason, detail, parcelId, type, olderThanMs, failureIds = [] } = filter;
  return html`<p class="sentence">Which dead letters are to go back to the scan queue?</p>
<p>All that is filled in must hold; with nothing filled in, all of them are meant. The next page is the plan: nothing is sent before you confirm it.</p>
<form class="filters" method="post" action="/redrives/plan">
${hiddenFilter({ failureIds })}
<div><label for="reason">Reason</label>${reasonField(reason)}</div>
<div><label for="detail">Detail has</label><input id="detail" name="detail" value="${detail ?? ''}" maxlength="1024" autocomplete="off"></div>
<div><label for="parcelId">Parcel id</label><input id="parcelId" name="parcelId" value="${parcelId ?? ''}" inputmode="numeric" pattern="[1-9][0-9]*" maxlength="16" autocomplete="off"></div>
<div><label for="type">Type of scan</label><input id="type" name="type" value="${type ?? ''}" maxlength="1024" autocomplete="off"></div>
<div><label for="olderThanMs">Older than</label>${olderThanField(olderThanMs)}</div>
<div><label for="deployedAtUtc">The fix went out at (UTC)</label><input id="deployedAtUtc" name="deployedAtUtc" type="datetime-local" value="${fieldOfUtc(deployedAtUtc)}"></div>
<button class="button">Plan…</button>
</form>
${failureIds.length > 0 && html`<p>Only these failures: ${filterWords({ failureIds: [...failureIds] })}</p>`}`;
}

const hourMs = 3_600_000;
const ages: readonly (readonly [number, string])[] = [
  [hourMs, '1 hour'],
  [6 * hourMs, '6 hours'],
  [24 * hourMs, '1 day'],
  [72 * hourMs, '3 days'],
  [168 * hourMs, '7 days'],
];

function olderThanField(chosen: number | undefined): Html {
  const known = ages.some(([ms]) => ms === chosen);
  const all = chosen === undefined || known ? ages : [...ages, [chosen, `${shownNumber(chosen / 1_000)} s`] as const];
  return html`<select id="olderThanMs" name="olderThanMs"><option value="">any age</option>${all.map(
    ([ms, words]) => html`<option value="${String(ms)}"${ms === chosen && html` selected`}>${words}</option>`,
  )}</select>`;
}

export type PlanView = {
  readonly plan: ShownPlan;
  readonly filter: RedriveFilter;
  readonly shownFilter: Parameters<typeof filterWords>[0];
  readonly deployedAtUtc: string | undefined;
  readonly nowMs: number;
};

/** What a redrive would do, and the form that begins it by this very plan. */
export function planView({ plan, filter, shownFilter, deployedAtUtc, nowMs }: PlanView): Html {
  const isEmpty = plan.count === 0 && !plan.isMoreThan;
  return html`<p class="sentence">${isEmpty ? 'No dead letter is like this: there is nothing to redrive.' : html`This would send ${howMany(plan)} back to the scan queue. Nothing is sent yet.`}</p>
<section class="panel stack" aria-labelledby="plan"><h2 id="plan">The plan, made at ${instantOf(new Date(nowMs).toISOString())}</h2>
${planFacts(plan, nowMs)}
</section>
<section class="panel" aria-labelledby="selected"><h2 id="selected">What it selects</h2>${filterWords(shownFilter)}</section>
${isEmpty ? html`<p>A message that another one has received is hidden for some minutes, and none is kept over 14 days. What has a record and no message is read from the feed again by <code>waybill replay</code>.</p>` : confirmForm(plan, filter)}
<div class="next">${planAgain(filter, deployedAtUtc)}<a href="${selectionUrl(filter, deployedAtUtc)}">Select others</a><a href="/failures">Leave it</a></div>
${planSamples(plan, nowMs)}`;
}

function howMany({ count, isMoreThan }: ShownPlan): string {
  const noun = count === 1 && !isMoreThan ? 'dead letter' : 'dead letters';
  return `${isMoreThan ? 'more than ' : ''}${shownNumber(count)} ${noun}`;
}

function confirmForm(plan: ShownPlan, filter: RedriveFilter): Html {
  const label = plan.isMoreThan ? 'Redrive all that match' : `Redrive ${howMany(plan)}`;
  return html`<form class="panel stack" method="post" action="/redrives">
${hiddenFilter(filter)}
<input type="hidden" name="plan" value="${JSON.stringify(plan)}">
<div class="because"><label for="because">Because (it goes on record)</label><input id="because" name="because" required maxlength="1024" pattern=".*\\S.*" title="Why these are sent again" autocomplete="off"></div>
${plan.isMoreThan ? html`<p class="warn">It could not look at all of them, so this plan sets no bound: everything that matches is sent.</p>` : html`<div class="check"><input id="moreThanPlanned" name="moreThanPlanned" type="checkbox"><label for="moreThanPlanned">Go on where over 10 % more is met than was planned. Else it stops there.</label></div>`}
<button class="button">${label}</button>
</form>`;
}

function planAgain(filter: RedriveFilter, deployedAtUtc: string | undefined): Html {
  return planForm(filter, 'Plan again', 'quiet', deployedAtUtc);
}

function selectionUrl(filter: RedriveFilter, deployedAtUtc: string | undefined): string {
  const { reason, detail, parcelId, type, olderThanMs, failureIds = [] } = filter;
  // One is all that a URL of this page names; a list comes from a record.
  const [failureId] = failureIds;
  const numbers = { parcelId: parcelId?.toString(), olderThanMs: olderThanMs?.toString() };
  return addressOf({ path: '/redrives/plan', filters: { reason, detail, type, ...numbers, failureId, deployedAtUtc } });
}
