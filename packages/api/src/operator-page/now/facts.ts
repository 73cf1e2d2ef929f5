import type { Activity, TroubleCode } from '@waybill/operations/activity/activity.ts';
import type { FeedPosition, Status } from '@waybill/operations/status/status-shape.ts';
import { counted, shownNumber } from '@waybill/shared/counted.ts';
import { type Html, html } from '../html/html.ts';
import { figure, foreign, id, timeWithAge } from '../html/words.ts';

/** What else one asks at night: lease, breakers, gaps, what waits, and what it costs. */
export function facts(status: Status, activity: Activity | null, nowMs: number): Html {
  const { position, deadLetters, unfinishedNotifications } = status;
  const dead = deadLetters && deadLetters.visible + deadLetters.inFlight + deadLetters.delayed;
  const rows: readonly (readonly [name: string, value: Html] | false)[] = [
    ['Complete through EventId', position?.completeThroughEventId != null ? id(position.completeThroughEventId) : none],
    ['Caught up', timeWithAge(position?.caughtUpAtUtc, nowMs)],
    ['Lease', position ? leaseOf(position.lease) : none],
    ['Open gaps', position ? gapsOf(position.openGaps) : none],
    activity !== null && ['Breakers', breakersOf(activity)],
    ['Dead letters', dead === null ? none : linkedFigure(dead, '/failures')],
    unfinishedNotifications !== null && ['Not told', linkedFigure(unfinishedNotifications, '/notifications')],
    activity !== null && ['Per million events', dollarsOf(activity)],
  ];
  return html`<section class="panel" aria-labelledby="facts-title"><h2 id="facts-title">Details</h2>
<dl class="facts">${rows.map((row) => row && html`<div><dt>${row[0]}</dt><dd>${row[1]}</dd></div>`)}</dl></section>`;
}

const none = html`<span class="none">–</span>`;

function leaseOf({ holder, isAlive }: FeedPosition['lease']): Html {
  if (holder === null) return html`<span class="tag warn">nobody</span>`;
  const life = isAlive === null ? ['plain', 'not known yet'] : isAlive ? ['', 'alive'] : ['warn', 'silent'];
  return html`<span class="tag ${life[0]}">${life[1]}</span> <code class="id">${foreign(holder)}</code>`;
}

function gapsOf({ count, first }: FeedPosition['openGaps']): Html {
  if (count === null) return html`some <span class="hint">written by another release</span>`;
  const [lowest] = first;
  if (!lowest) return figure(count);
  const range = lowest.from === lowest.to ? String(lowest.from) : `${lowest.from} to ${lowest.to}`;
  return html`${figure(count)} <span class="hint">from ${range}</span>`;
}

const breakers: Partial<Readonly<Record<TroubleCode, string>>> = {
  STORE_AWAY: 'open: DynamoDB',
  ANNOUNCEMENTS_NOT_TAKEN: 'open: announcements',
};

function breakersOf({ troubles, processes }: Activity): Html {
  const open = troubles.flatMap(({ what }) => breakers[what] ?? []);
  if (open.length > 0) return html`${open.map((each) => html`<span class="tag warn">${each}</span> `)}`;
  return processes.some(({ isSilent }) => !isSilent) ? html`closed` : none;
}

function linkedFigure(count: number, path: string): Html {
  return count === 0 ? figure(0) : html`<a href="${path}">${shownNumber(count)}</a>`;
}

function dollarsOf({ dollarsPerMillion }: Activity): Html {
  if (dollarsPerMillion === null) return html`${none} <span class="hint">below 1,000 events an hour</span>`;
  return html`<span class="figure">$${dollarsPerMillion.toFixed(2)}</span>`;
}

/** The processes that have said something lately. */
export function processes(activity: Activity | null, nowMs: number): Html {
  if (activity === null) return noActivity;
  if (activity.processes.length === 0)
    return html`<p class="note">No process has said in the last hour what it does.</p>`;
  return html`<table class="rows"><caption>${counted(activity.processes.length, 'process')} in the last hour</caption>
<thead><tr><th scope="col">Process</th><th scope="col">Version</th><th scope="col">Seen</th><th scope="col">Started</th></tr></thead>
<tbody>${activity.processes.map(
    ({ process, version, seenAtUtc, startedAtUtc, isSilent }) =>
      html`<tr id="process-${process}"><th scope="row" class="word">${foreign(process)}${isSilent && html` <span class="tag warn">silent</span>`}</th>
<td data-name="Version" class="tight">${foreign(version)}</td><td data-name="Seen">${timeWithAge(seenAtUtc, nowMs)}</td><td data-name="Started">${timeWithAge(startedAtUtc, nowMs)}</td></tr>`,
  )}</tbody></table>`;
}

const noActivity = html`<p class="note">The last hour is shown where processes write it: <code>npm run provision</code> makes the table; then set <code>ACTIVITY_TABLE</code> for processes and API.</p>`;
