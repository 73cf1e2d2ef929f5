import type { Status } from '@waybill/operations/status/status-shape.ts';
import { type Html, html } from '../html/html.ts';
import { facts, processes } from './facts.ts';
import { headline, type ReadActivity } from './headline.ts';
import { plots } from './plots.ts';

/** What `/` shows. All of it is one live part: what stands in it comes and goes with how Waybill is. */
export function nowView(status: Status, read: ReadActivity, nowMs: number): Html {
  const { activity, whyNot } = read;
  return html`<div id="now" class="stack" data-live>
${headline(status, read, nowMs)}
${plots(status, activity)}
${facts(status, activity, nowMs)}
${whyNot === undefined && processes(activity, nowMs)}
</div>`;
}
