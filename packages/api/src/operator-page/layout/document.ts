import { agoOf, instantOf } from '@waybill/shared/times.ts';
import type { Caller } from '../../access/caller.ts';
import type { PageFileName } from '../assets/page-files.ts';
import { type Html, html } from '../html/html.ts';
import { type ScreenName, screens } from './screens.ts';

/** What a screen shows. */
export type Screen = {
  readonly title: string;
  /** Where the navigation says that one is. */
  readonly active?: ScreenName | undefined;
  readonly main: Html;
  /** Whether the script freshens it every few seconds: what may change has an id and the attribute `data-live`. */
  readonly isLive?: boolean;
  /** Whether it needs uPlot. */
  readonly hasPlots?: boolean;
  /** When what it shows was read; by default now. */
  readonly asOfUtc?: string;
  /** A script of its own. */
  readonly script?: PageFileName;
};

export type DocumentContext = {
  /** Undefined for who is not signed in. */
  readonly caller: Caller | undefined;
  readonly assetPath: (name: PageFileName) => string;
  readonly nowMs: number;
  /** Whether a form has led here: its screen is not loaded again by itself. */
  readonly isAnswer?: boolean;
};

/** Seconds between two looks of the script at a screen that is live. */
const everySeconds = 5;

/** Milliseconds after which an answer says how old it is: those who look together share one reading. */
const oldMs = 5_000;

/** The whole document of one screen. */
export function documentOf(
  { title, active, main, isLive, hasPlots, script, asOfUtc }: Screen,
  context: DocumentContext,
): string {
  const { caller, assetPath, nowMs, isAnswer } = context;
  const readAtUtc = asOfUtc ?? new Date(nowMs).toISOString();
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} · Waybill</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${assetPath('icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${assetPath('style.css')}">
${
  hasPlots &&
  html`<link rel="stylesheet" href="${assetPath('uplot.css')}">
<script defer src="${assetPath('uplot.js')}"></script>`
}
${caller && html`<script type="module" src="${assetPath('live.js')}"></script>`}
${script && html`<script type="module" src="${assetPath(script)}"></script>`}
</head>
<body${isLive && html` data-every-seconds="${everySeconds}"`}${isAnswer && html` data-answer`}>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/">Waybill</a>
${caller && [navigation(active), search(), account(caller)]}
</header>
<main id="main" tabindex="-1">
<h1>${title}</h1>
${main}
</main>
<footer class="foot">
<p id="freshness" data-live>As of <time datetime="${readAtUtc}">${instantOf(readAtUtc)}</time>${nowMs - Date.parse(readAtUtc) >= oldMs && html` <strong class="warn">${agoOf(readAtUtc, nowMs)}</strong>`}</p>
${caller && html`<p class="hint">Keys: <kbd>?</kbd> shows them</p>`}
</footer>
${caller && html`<p id="stale" class="stale" hidden><span id="stale-why" role="alert"></span> <span id="stale-age"></span></p>`}
${caller && keysDialog()}
</body>
</html>
`);
}

function navigation(active: ScreenName | undefined): Html {
  return html`<nav aria-label="Screens"><ul>${screens.map(
    ({ name, path, title, key }) =>
      html`<li><a href="${path}" data-key="${key}"${name === active && html` aria-current="page"`}>${title}</a></li>`,
  )}</ul></nav>`;
}

function search(): Html {
  return html`<form class="search" role="search" action="/parcel"><label for="search" class="unseen">Parcel id</label>
<input id="search" name="id" inputmode="numeric" autocomplete="off" placeholder="Parcel id" maxlength="100"></form>`;
}

function account({ name, scopes }: Caller): Html {
  const may = scopes.has('operate') ? 'may act' : 'may read';
  return html`<form class="account" method="post" action="/sign-out"><span><bdi>${name}</bdi> <span class="age">${may}</span></span> <button class="quiet">Sign out</button></form>`;
}

function keysDialog(): Html {
  const rows: readonly (readonly [string, string])[] = [
    ['/', 'search for a parcel'],
    ['r', 'look again now'],
    ['?', 'show or hide these keys'],
    ...screens.map(({ key, title }): [string, string] => [`g ${key}`, title]),
  ];
  return html`<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2><dl class="keys">${rows.map(
    ([key, does]) =>
      html`<div><dt>${key.split(' ').map((each) => html`<kbd>${each}</kbd> `)}</dt><dd>${does}</dd></div>`,
  )}</dl><form method="dialog"><button>Close</button></form></dialog>`;
}
