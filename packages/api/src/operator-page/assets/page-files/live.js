/**
 * Freshens the page: asks for its own URL again and takes over what has changed. Without it everything works. It adds the
 * keys, and says when an answer is old.
 */
import { listenToKeys } from './keys.js';
import { takeOver } from './take-over.js';

/** Milliseconds from one look to the next; 0 for a screen that does not change by itself, or not any more. */
let everyMs = everyMsOf(document);
/** Milliseconds for which an answer is waited for. */
const patienceMs = 15_000;
/** Milliseconds between two looks at most, while the server is away: a page that is left open must not hammer it. */
const slowestMs = 60_000;
/** Answers of another release, one after the other, until the page is loaded anew: while two releases run they alternate. */
const enoughOfOtherRelease = 3;

let answeredAt = Date.now();
let failures = 0;
let ofOtherRelease = 0;
let asking = false;
let nextAt = 0;
let timer = 0;
let ageTimer = 0;

/** Asks for this screen, one request at a time. */
async function freshen() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  try {
    const response = await fetch(location.href, {
      headers: { accept: 'text/html' },
      signal: AbortSignal.timeout(patienceMs),
    });
    // Signed out, or the token was rotated: the sign-in says so.
    if (response.redirected) return location.reload();
    if (!response.ok) return fail(`the server returned ${response.status}`, response.headers.get('retry-after'));
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    ofOtherRelease = isOfThisRelease(fresh) ? 0 : ofOtherRelease + 1;
    if (ofOtherRelease >= enoughOfOtherRelease) return location.reload();
    takeOver(fresh);
    everyMs = everyMsOf(fresh);
    succeed();
  } catch {
    fail('the server does not answer');
  } finally {
    asking = false;
  }
}

function succeed() {
  answeredAt = Date.now();
  failures = 0;
  clearInterval(ageTimer);
  ageTimer = 0;
  const stale = document.getElementById('stale');
  if (stale) stale.hidden = true;
  plan(everyMs);
}

/** Says how old the screen is, and asks again, ever more seldom. */
function fail(/** @type {string} */ why, /** @type {string | null} */ retryAfter = null) {
  failures += 1;
  const waitMs = Math.max(Number(retryAfter) * 1_000 || 0, (everyMs || 5_000) * 2 ** (failures - 1));
  plan(Math.min(slowestMs, waitMs));
  const stale = document.getElementById('stale');
  const reason = document.getElementById('stale-why');
  if (!stale || !reason) return;
  // It is announced: the same words a second time would be, too.
  const words = `This is old: ${why}. It is asked again by itself.`;
  stale.hidden = false;
  if (reason.textContent !== words) reason.textContent = words;
  sayAge();
  ageTimer ||= setInterval(sayAge, 1_000);
}

function sayAge() {
  const age = document.getElementById('stale-age');
  const of = (/** @type {number} */ ms) => `${Math.max(0, Math.round(ms / 1_000))} s`;
  const next = asking ? 'asking now' : `next in ${of(nextAt - Date.now())}`;
  if (age) age.textContent = `${of(Date.now() - answeredAt)} old, ${next}.`;
}

/** A hidden page asks for nothing; shown again, it asks at once for what is due. */
function plan(/** @type {number} */ waitMs) {
  clearTimeout(timer);
  nextAt = Date.now() + waitMs;
  if (waitMs > 0 && !document.hidden) timer = setTimeout(freshen, waitMs);
}

/** @type {(of: Document) => number} */
function everyMsOf({ body }) {
  return Number(body.dataset['everySeconds'] ?? 0) * 1_000;
}

function isOfThisRelease(/** @type {Document} */ fresh) {
  const ofScript = (/** @type {Document} */ of) =>
    of.querySelector('script[type="module"]')?.getAttribute('src') ?? undefined;
  return ofScript(fresh) === ofScript(document);
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else if (everyMs > 0 || failures > 0) plan(Math.max(1, nextAt - Date.now()));
});
addEventListener('online', () => {
  if (failures > 0) void freshen();
});
listenToKeys(() => {
  if (everyMs > 0) void freshen();
  // To load what a form has led to again would send the form again.
  else if (document.body.dataset['answer'] === undefined) location.reload();
});
plan(everyMs);
