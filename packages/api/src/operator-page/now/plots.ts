import type { Activity } from '@waybill/operations/activity/activity.ts';
import type { Status } from '@waybill/operations/status/status-shape.ts';
import { shownNumber } from '@waybill/shared/counted.ts';
import { durationOf } from '@waybill/shared/times.ts';
import { type Html, html } from '../html/html.ts';

type Unit = 'seconds' | 'count' | 'rate';

/** A line of a plot, and a column of its table. */
type Column = {
  readonly name: string;
  readonly unit: Unit;
  /** A value of each minute; null where there is none. */
  readonly values: readonly (number | null)[];
};

type Plot = {
  readonly id: string;
  readonly title: string;
  /** What it is now, in words. */
  readonly now: Html;
  readonly columns: readonly Column[];
};

/** What is most looked at, with its last hour: in words, as a table, and drawn where there is script. */
export function plots(status: Status, activity: Activity | null): Html {
  const all = activity ? withHistory(status, activity) : withoutHistory(status);
  return html`<section class="panels" aria-label="The last hour">${all.map((plot) => figureOf(plot, activity?.minutes ?? []))}</section>`;
}

function withHistory(status: Status, activity: Activity): readonly Plot[] {
  const { levels, counts, perSecond } = activity;
  const oldest = lastOf(levels.oldestSeconds);
  // The minute that is under way has not all of its events: the rate of now stands for it.
  const rate = (name: 'applied' | 'merged' | 'redundant'): Column => ({
    name,
    unit: 'rate',
    values: [...counts[name].slice(0, -1).map((count) => count / 60), perSecond[name]],
  });
  const failed = sumOf(counts.failed);
  return [
    {
      ...behind(status),
      columns: [{ name: 'seconds behind', unit: 'seconds', values: levels.secondsBehind }],
    },
    {
      id: 'plot-events',
      title: 'Events per second',
      now: html`${big(rateOf(perSecond.stored))} <span class="hint">stored; parcels written per second by outcome:</span>`,
      columns: [rate('applied'), rate('merged'), rate('redundant')],
    },
    {
      ...queued(status, oldest),
      columns: [
        { name: 'messages', unit: 'count', values: levels.queueDepth },
        { name: 'oldest, in seconds', unit: 'seconds', values: levels.oldestSeconds },
      ],
    },
    {
      id: 'plot-failures',
      title: 'Failures per minute',
      now: html`${big(shownNumber(failed), sumOf(counts.failed.slice(-newsMinutes)) > 0)} <span class="hint">in the last hour, ${shownNumber(counts.failed.at(-1) ?? 0)} in this minute</span>`,
      columns: [{ name: 'failures', unit: 'count', values: counts.failed }],
    },
  ];
}

/** Minutes for which a failure is news. */
const newsMinutes = 10;

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function withoutHistory(status: Status): readonly Plot[] {
  return [behind(status), queued(status, null)];
}

/** Seconds behind, above which it is worth a look: the status says so then, too. */
const lateSeconds = 300;

function behind({ position }: Status): Plot {
  const seconds = position?.secondsBehind ?? null;
  const now =
    seconds === null
      ? html`${big('–')} <span class="hint">not known</span>`
      : html`${big(durationOf(seconds), seconds > lateSeconds)} <span class="hint">behind the feed</span>`;
  return { id: 'plot-behind', title: 'Seconds behind', now, columns: [] };
}

function queued({ queue }: Status, oldest: number | null): Plot {
  const now = queue
    ? html`${big(shownNumber(queue.visible))} <span class="hint">waiting, ${shownNumber(queue.inFlight)} in hand${oldest !== null && queue.visible > 0 && `, the oldest for ${durationOf(oldest)}`}</span>`
    : html`${big('–')} <span class="hint">not known</span>`;
  return { id: 'plot-queue', title: 'Queue', now, columns: [] };
}

/** The level of this minute, or of the one before: a minute that has just begun may have none yet. */
function lastOf(levels: readonly (number | null)[]): number | null {
  return levels.at(-1) ?? levels.at(-2) ?? null;
}

function big(text: string, isWarning = false): Html {
  return html`<b class="big${isWarning && ' warn'}">${text}</b>`;
}

function rateOf(perSecond: number): string {
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : shownNumber(perSecond);
}

function figureOf({ id, title, now, columns }: Plot, minutes: readonly string[]): Html {
  return html`<figure id="${id}" class="plot panel"><figcaption><h2>${title}</h2>
<p class="value">${now}</p>
${columns.length > 0 && legend(columns)}</figcaption>
${columns.length > 0 && html`<div class="drawing" data-own></div>${tableOf(id, title, columns, minutes)}`}</figure>`;
}

function legend(columns: readonly Column[]): Html {
  return html`<ul class="legend">${columns.map(({ name }) => html`<li><span class="sample"></span>${name}</li>`)}</ul>`;
}

/** Rows are many: what HTML allows to leave out, a row leaves out. */
function tableOf(id: string, title: string, columns: readonly Column[], minutes: readonly string[]): Html {
  return html`<details id="${id}-minutes"><summary>As a table</summary><table class="minutes" data-from="${minutes[0] ?? ''}">
<caption class="unseen">${title}, minute by minute</caption>
<thead><tr><th scope="col">UTC</th>${columns.map(({ name, unit }) => html`<th scope="col" data-unit="${unit}">${name}</th>`)}</tr></thead>
<tbody>${minutes.map(
    (minute, index) =>
      html`<tr><th>${minute.slice(11, 16)}${columns.map(({ values, unit }) => html`<td>${cellOf(values[index] ?? null, unit)}`)}
`,
  )}</tbody></table></details>`;
}

function cellOf(value: number | null, unit: Unit): string {
  if (value === null) return '–';
  return unit === 'rate' ? String(Math.round(value * 10) / 10) : shownNumber(value);
}
