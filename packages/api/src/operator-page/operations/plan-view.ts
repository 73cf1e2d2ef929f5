import type { planShape } from '@waybill/operations/record/operation-shape.ts';
import { costInWords } from '@waybill/operations/record/plan.ts';
import { shownNumber } from '@waybill/shared/counted.ts';
import { inWords } from '@waybill/shared/field-words.ts';
import { timeOf } from '@waybill/shared/times.ts';
import type { z } from 'zod';
import { type Html, html } from '../html/html.ts';
import { asSentence, figure, firstUpper, foreign, id, timeWithAge } from '../html/words.ts';
import { failurePath } from '../layout/record-paths.ts';

export type ShownPlan = z.output<typeof planShape>;

/** What an act does or did by its plan, as facts; what speaks against it, and what it did not look at. */
export function planFacts(plan: ShownPlan, nowMs: number): Html {
  const { count, isMoreThan, byReason, oldestUtc, newestUtc, cost, notLookedAt, warnings } = plan;
  const reasons = Object.entries(byReason)
    .filter(([, of]) => of > 0)
    .toSorted(([, a], [, b]) => b - a);
  return html`${warnings.length > 0 && html`<ul class="problem sentences">${warnings.map((warning) => html`<li>${foreign(withTimes(asSentence(warning), nowMs))}</li>`)}</ul>`}
<dl class="facts">
<div><dt>How many</dt><dd class="big figure">${isMoreThan && 'more than '}${shownNumber(count)}</dd></div>
${reasons.length > 0 && html`<div class="broad"><dt>By reason</dt><dd>${reasons.map(([reason, of]) => html`<div>${figure(of)} ${foreign(reason)}</div>`)}</dd></div>`}
<div><dt>Oldest</dt><dd>${timeWithAge(oldestUtc, nowMs)}</dd></div>
<div><dt>Newest</dt><dd>${timeWithAge(newestUtc, nowMs)}</dd></div>
<div><dt>Cost</dt><dd>${costInWords(cost)}</dd></div>
</dl>
${notLookedAt.length > 0 && html`<h3>What it did not look at</h3><ul class="sentences">${notLookedAt.map((each) => html`<li>${foreign(asSentence(each))}</li>`)}</ul>`}`;
}

/** Some of what the act touches; without the columns that are empty in each. */
export function planSamples({ samples }: ShownPlan, nowMs: number): Html {
  const names = Object.keys(samples[0] ?? {}).filter((name) => samples.some((sample) => !isNothing(sample[name])));
  const [first, ...others] = names;
  if (first === undefined) return html``;
  const isSpare = (name: string) =>
    names.length > columnsOfTablet && !name.endsWith('Id') && samples.every((of) => isCount(of[name]));
  const spare = (name: string) => isSpare(name) && html` class="spare"`;
  return html`<table class="rows">
<caption>Some of them</caption>
<thead><tr>${names.map((name) => html`<th scope="col"${spare(name)}>${titleOf(name)}</th>`)}</tr></thead>
<tbody>${samples.map(
    (sample) =>
      html`<tr><th scope="row">${cell(first, sample[first], nowMs)}</th>${others.map((name) => html`<td data-name="${titleOf(name)}"${spare(name)}>${cell(name, sample[name], nowMs)}</td>`)}</tr>`,
  )}</tbody>
</table>`;
}

/** Columns for which a tablet has room: where there are more, counts stand where the window is wider or narrower. */
const columnsOfTablet = 6;

/** Characters of a text that stays on one line of a table. */
const shortText = 20;

type Value = ShownPlan['samples'][number][string];

function isCount(value: Value | undefined): boolean {
  return typeof value === 'number' || isNothing(value);
}

function isNothing(value: Value | undefined): boolean {
  return value === undefined || value === null || value === '';
}

function cell(name: string, value: Value | undefined, nowMs: number): Html {
  if (value === undefined || value === null || value === '') return html`<span class="none">–</span>`;
  if (name === 'failureId') return html`<a href="${failurePath(String(value))}">${id(value)}</a>`;
  if (name === 'parcelId') return html`<a href="/parcel/${encodeURIComponent(value)}">${id(value)}</a>`;
  if (name.endsWith('Id')) return id(value);
  if (name.endsWith('Utc') && typeof value === 'string') return timeWithAge(value, nowMs);
  if (typeof value === 'number') return figure(value);
  return value.length <= shortText ? html`<span class="short">${foreign(value)}</span>` : foreign(value);
}

/** The text with its ISO times as they are shown everywhere. */
function withTimes(text: string, nowMs: number): string {
  return text.replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (isoUtc) => timeOf(isoUtc, nowMs));
}

/** A field's name at the head of a column. */
export function titleOf(name: string): string {
  return firstUpper(inWords(name));
}
