import type { Activity } from '@waybill/operations/activity/activity.ts';
import { partNames } from '@waybill/operations/status/sentence.ts';
import type { Status } from '@waybill/operations/status/status-shape.ts';
import { type Html, html } from '../html/html.ts';
import { timeWithAge } from '../html/words.ts';
import { withLinks } from './command-links.ts';

/** Milliseconds after which what processes said last is called old: they say it every 10 s. */
const freshMs = 60_000;

/** How Waybill is, in a sentence; what to do, a line each; and how far the answer can be trusted. */
export function headline(status: Status, activity: Activity | null, nowMs: number): Html {
  const { toDo, notAsked, notes } = status;
  const newestUtc = activity?.newestUtc;
  const isOld = newestUtc && nowMs - Date.parse(newestUtc) > freshMs;
  return html`<p id="sentence" class="sentence${toDo.length > 0 && ' trouble'}">${withLinks(stateOf(status))}</p>
${toDoLines(status)}
${isBeginning(status) && firstSteps}
${notAsked.length > 0 && html`<div class="note"><p>Not asked, so not shown:</p><ul class="steps">${notAsked.map(({ part, why }) => html`<li>${partNames[part]}: ${why}</li>`)}</ul></div>`}
${notes.map((note) => html`<p class="note">${withLinks(note)}</p>`)}
${isOld && html`<p class="note">The last hour is shown as processes wrote it ${timeWithAge(newestUtc, nowMs)}.</p>`}`;
}

/** The sentence without what to do, which stands below it line by line. */
function stateOf({ sentence, toDo }: Status): string {
  const end = toDo.length > 0 ? ` ${toDo.join(' ')}` : ' Nothing to do.';
  return sentence.endsWith(end) ? sentence.slice(0, -end.length) : sentence;
}

/** Announced when it changes. The sentence is not: its numbers change with every look. */
function toDoLines({ toDo }: Status): Html {
  if (toDo.length === 0)
    return html`<div id="to-do" class="to-do" role="status"><p class="well">Nothing to do.</p></div>`;
  return html`<div id="to-do" class="to-do" role="status"><ul class="lines">${toDo.map((each) => html`<li>${withLinks(each)}</li>`)}</ul></div>`;
}

/** Whether nothing of the feed was read yet. */
function isBeginning({ position, notAsked }: Status): boolean {
  if (position) return position.lastEventId === null && position.caughtUpAtUtc === null;
  return !notAsked.some(({ part }) => part === 'position');
}

const firstSteps = html`<div class="note first-steps"><p>This is a deployment in which nothing has run yet. First steps:</p>
<ol class="steps"><li>Start a poller: <code>npm run poller</code>. It reads the feed and puts scans into the queue.</li>
<li>Start a processor: <code>npm run processor</code>. It writes parcels, and this screen shows them move.</li></ol>
<p>To see all of it on a simulated feed: <code>npm start -- --live</code>.</p></div>`;
