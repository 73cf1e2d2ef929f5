import { shownNumber } from '@waybill/shared/counted.ts';
import { scanTimeMs } from '@waybill/shared/domain/scan-time.ts';
import { agoOf, instantOf } from '@waybill/shared/times.ts';
import { type Html, html } from './html.ts';

/** A time in UTC with its age beside it: `2026-11-28 10:00:03Z  4 min ago`. A dash where there is none; what is no time as it is. */
export function timeWithAge(utc: string | null | undefined, nowMs: number): Html {
  if (!utc) return html`<span class="none">–</span>`;
  if (Number.isNaN(Date.parse(utc))) return foreign(utc);
  return html`<span class="when"><time datetime="${utc}">${instantOf(utc)}</time> <span class="age">${agoOf(utc, nowMs)}</span></span>`;
}

/** A time as the feed told it: its end may be cut off, and it may be no time at all. */
export function scanTimeWithAge(timeUtc: string, nowMs: number): Html {
  const ms = scanTimeMs(timeUtc);
  return ms === undefined ? foreign(timeUtc) : timeWithAge(new Date(ms).toISOString(), nowMs);
}

/** A text that comes from a feed, a carrier or a client, whatever its direction is: it moves nothing that stands beside it. */
export function foreign(text: string): Html {
  return html`<bdi class="foreign">${text}</bdi>`;
}

/** `12,345` in figures of one width. Not for ids. */
export function figure(count: number): Html {
  return html`<span class="figure">${shownNumber(count)}</span>`;
}

/** Characters of an id that stays on one line of a table. */
const shortId = 28;

/** An id, whole and as text: it is pasted elsewhere. */
export function id(value: string | number): Html {
  const text = String(value);
  return html`<code class="id${text.length <= shortId && ' short'}">${text}</code>`;
}

/** A text that begins with a small letter and ends without a point, as a sentence. */
export function asSentence(text: string): string {
  return `${firstUpper(text)}${/[.…!?]$/.test(text) ? '' : '.'}`;
}

export function firstUpper(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
