import { counted, shownNumber } from '@waybill/shared/counted.ts';
import type { ShownOperation } from '../../operations/operations.ts';
import { type Html, html } from '../html/html.ts';
import { recordFacts } from '../operations/operation-view.ts';
import { planFacts } from '../operations/plan-view.ts';
import { planForm, type RedriveFilter } from './plan-form.ts';

export type ProgressView = {
  readonly operation: ShownOperation;
  /** What was selected; undefined where only the command line can select it again. */
  readonly filter: RedriveFilter | undefined;
  readonly mayOperate: boolean;
  readonly nowMs: number;
};

/** How far a redrive is, or how it ended, and what to do then. */
export function progressView({ operation, filter, mayOperate, nowMs }: ProgressView): Html {
  const { operationId, state, outcome, plan } = operation;
  const isUnderWay = outcome === undefined && state !== 'interrupted';
  const isWell = isUnderWay || outcome === 'done' || outcome === 'cancelled';
  const mayPlanAgain = mayOperate && !isUnderWay && outcome !== 'done' && filter !== undefined;
  return html`<div id="redrive" class="stack" data-live>
<p class="sentence${!isWell && ' trouble'}" role="status">${sentenceOf(operation)}</p>
${isUnderWay && bar(operation)}
<div class="next">
${isUnderWay && state !== 'cancelling' && mayOperate && html`<form method="post" action="/redrives/${operationId}/cancel"><button id="cancel" class="quiet">Cancel it</button></form>`}
${mayPlanAgain && planForm(filter, 'Plan again…')}
${!isUnderWay && html`<a href="/failures">Failures</a>`}<a href="/operations/${operationId}">Its whole record</a>
</div>
<section class="panel" aria-labelledby="record"><h2 id="record">On record</h2>${recordFacts(operation, nowMs)}</section>
</div>
<section class="panel stack" aria-labelledby="plan"><h2 id="plan">The plan</h2>${planFacts(plan, nowMs)}</section>`;
}

function sentenceOf({ state, outcome, counts = {}, progress, plan }: ShownOperation): string {
  const sent = counted(counts['redriven'] ?? progress?.done ?? 0, 'dead letter');
  if (outcome !== undefined) return outcomeSentences[outcome]?.(sent) ?? `It ended: ${outcome}.`;
  if (state === 'cancelling') return 'It is being cancelled: it hands back what it holds, within seconds.';
  if (state === 'interrupted') {
    return 'Nothing was heard of this redrive for over a minute: its process was killed, or is cut off. Nothing is lost: what it held is visible again within minutes. Plan again then.';
  }
  const total = progress?.total ?? (plan.isMoreThan ? undefined : plan.count);
  return `Under way: ${sent}${total === undefined ? '' : ` of ${shownNumber(total)}`} sent back.`;
}

const outcomeSentences: Readonly<Record<string, (sent: string) => string>> = {
  done: (sent) => `Done: ${sent} sent back. What fails again is among the failures within minutes.`,
  partly: (sent) => `Done in part: ${sent} sent back. The problems below say what was left; plan again for it.`,
  refused: (sent) => `Stopped: there is more than was planned. ${sent} sent back. Plan again, and look at what is new.`,
  cancelled: (sent) => `Cancelled: ${sent} sent back. The others are where they were.`,
  failed: () => 'It failed. The problems below say why; nothing is lost. Plan again once that is mended.',
};

function bar({ progress, plan }: ShownOperation): Html {
  const total = progress?.total ?? (plan.isMoreThan ? undefined : plan.count);
  const done = progress?.done ?? 0;
  if (total === undefined || total === 0) return html`<progress aria-label="Dead letters sent back"></progress>`;
  return html`<progress aria-label="Dead letters sent back" max="${total}" value="${Math.min(done, total)}"></progress>`;
}
