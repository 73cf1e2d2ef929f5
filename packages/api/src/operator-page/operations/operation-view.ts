import type { Operation } from '@waybill/operations/record/operation.ts';
import { shownNumber } from '@waybill/shared/counted.ts';
import { countInWords } from '@waybill/shared/field-words.ts';
import type { ShownOperation } from '../../operations/operations.ts';
import { type Html, html } from '../html/html.ts';
import { asSentence, foreign, id, timeWithAge } from '../html/words.ts';
import { planFacts, planSamples, titleOf } from './plan-view.ts';

/** Everything that is on record of an act. */
export function operationView(operation: ShownOperation, nowMs: number): Html {
  return html`<section class="panel" aria-labelledby="record"><h2 id="record">On record</h2>${recordFacts(operation, nowMs)}</section>
<section class="panel stack" aria-labelledby="plan"><h2 id="plan">The plan</h2>${planFacts(operation.plan, nowMs)}</section>
${planSamples(operation.plan, nowMs)}`;
}

/** Who did what, to what, why, when; without its plan. */
export function recordFacts(operation: ShownOperation, nowMs: number): Html {
  const { operationId, kind, by, because, filter, startedAtUtc, heartbeatAtUtc, finishedAtUtc } = operation;
  const { state, outcome, progress, counts = {}, problems = [], cancelRequestedAtUtc, cancelRequestedBy } = operation;
  const isOpen = outcome === undefined;
  return html`<dl class="facts">
<div><dt>Operation</dt><dd>${id(operationId)}</dd></div>
<div><dt>Kind</dt><dd>${foreign(kind)}</dd></div>
<div><dt>Outcome</dt><dd>${outcomeTag(operation)}</dd></div>
<div><dt>By</dt><dd>${foreign(by)}</dd></div>
<div class="wide"><dt>Because</dt><dd>${foreign(because)}</dd></div>
<div class="wide"><dt>Filter</dt><dd>${filterWords(filter)}</dd></div>
<div><dt>Started</dt><dd>${timeWithAge(startedAtUtc, nowMs)}</dd></div>
${isOpen && heartbeatAtUtc !== undefined && html`<div><dt>Last heard of</dt><dd>${timeWithAge(heartbeatAtUtc, nowMs)}</dd></div>`}
${isOpen && progress && html`<div><dt>Progress</dt><dd>${foreign(progress.what)}: ${shownNumber(progress.done)}${progress.total !== undefined && html` of ${shownNumber(progress.total)}`}</dd></div>`}
${cancelRequestedAtUtc !== undefined && html`<div><dt>Cancel asked for</dt><dd>${timeWithAge(cancelRequestedAtUtc, nowMs)} by ${foreign(cancelRequestedBy ?? 'somebody')}</dd></div>`}
${(state === 'ended' || finishedAtUtc !== undefined) && html`<div><dt>Finished</dt><dd>${timeWithAge(finishedAtUtc, nowMs)}</dd></div>`}
${Object.keys(counts).length > 0 && html`<div><dt>Counts</dt><dd>${Object.entries(counts).map(([name, count]) => html`<div>${foreign(countInWords(name, count))}</div>`)}</dd></div>`}
${problems.length > 0 && html`<div class="wide"><dt>Problems</dt><dd><ul class="sentences">${problems.map((problem) => html`<li>${foreign(asSentence(problem))}</li>`)}</ul></dd></div>`}
</dl>`;
}

/** What selects, by name; everything where nothing does. */
export function filterWords(filter: Operation['filter']): Html {
  const given = Object.entries(filter);
  if (given.length === 0) return html`<span class="none">everything</span>`;
  return html`${given.map(([name, value]) => html`<div><span class="age">${titleOf(name)}</span> ${foreign([value].flat().join(', '))}</div>`)}`;
}

/** How an act ended, or how it stands. */
export function outcomeTag({ outcome, state }: Pick<ShownOperation, 'outcome' | 'state'>): Html {
  const word = outcome ?? state;
  if (word === 'done') return html`<span class="tag">done</span>`;
  const isWell = word === 'running' || word === 'cancelling' || word === 'cancelled';
  return html`<span class="tag ${isWell ? 'plain' : 'warn'}">${foreign(word)}</span>`;
}

/** Whether it is a redrive, which has a page of its own with its progress. */
export function isRedrive({ kind }: Pick<ShownOperation, 'kind'>): boolean {
  return kind === 'redrive-all' || kind === 'redrive-some';
}
