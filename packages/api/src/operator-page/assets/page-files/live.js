/**
 * Freshens the page: asks for its own URL again and takes over what changed. Without it everything works. It adds the keys
 * and says when an answer is old.
 */

const { body } = document;
const everyMs = Number(body.dataset['everySeconds'] ?? 0) * 1_000;
/** Milliseconds for which an answer is waited. */
const patienceMs = 15_000;
let answeredAt = Date.now();
let asking = false;
let timer = 0;

/** Asks for this screen and takes over each part that is marked `data-live`. */
async function freshen() {
  if (asking || document.hidden || body.dataset['fixed'] !== undefined) return;
  asking = true;
  clearTimeout(timer);
  try {
    const response = await fetch(location.href, {
      headers: { accept: 'text/html' },
      signal: AbortSignal.timeout(patienceMs),
    });
    // Signed out, or the token was rotated: the sign-in says so.
    if (response.redirected) return location.reload();
    if (!response.ok) throw new Error(`the server returned ${response.status}`);
    takeOver(new DOMParser().parseFromString(await response.text(), 'text/html'));
    answeredAt = Date.now();
    sayStale('');
  } catch (error) {
    const seconds = Math.round((Date.now() - answeredAt) / 1_000);
    const why =
      error instanceof Error && error.message.startsWith('the server') ? error.message : 'the server does not answer';
    sayStale(`This is ${seconds} s old: ${why}. It is asked again every ${everyMs / 1_000} s.`);
  } finally {
    asking = false;
    plan();
  }
}

/** Replaces what has changed, keeps the focus, and leaves alone what somebody types in or has opened. */
function takeOver(/** @type {Document} */ fresh) {
  for (const part of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(part.id);
    if (!next || next.outerHTML === part.outerHTML) continue;
    if (part.querySelector('input:focus, textarea:focus, select:focus')) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement?.id : undefined;
    const opened = [...part.querySelectorAll('details[open]')].map(({ id }) => id);
    part.replaceWith(document.adoptNode(next));
    for (const id of opened) document.getElementById(id)?.setAttribute('open', '');
    if (focused) document.getElementById(focused)?.focus();
  }
  document.title = fresh.title;
  document.dispatchEvent(new Event('freshened'));
}

function sayStale(/** @type {string} */ text) {
  const stale = document.getElementById('stale');
  if (!stale) return;
  stale.hidden = text === '';
  stale.textContent = text;
}

function plan() {
  clearTimeout(timer);
  if (everyMs > 0 && !document.hidden) timer = setTimeout(freshen, everyMs);
}

document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : freshen()));
addEventListener('online', freshen);
plan();

/** Keys, unless somebody types, or a key of the browser's own is meant. */
let goes = false;
document.addEventListener('keydown', (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey) return;
  if (target instanceof HTMLElement && target.matches('input, textarea, select')) {
    if (key === 'Escape') target.blur();
    return;
  }
  const keys = /** @type {HTMLDialogElement | null} */ (document.getElementById('keys'));
  if (goes) {
    goes = false;
    const link = document.querySelector(`nav a[data-key="${CSS.escape(key)}"]`);
    if (link instanceof HTMLAnchorElement) link.click();
    return;
  }
  if (key === 'g') goes = true;
  else if (key === 'r') void freshen();
  else if (key === '?' && keys) keys.open ? keys.close() : keys.showModal();
  else if (key === '/') {
    event.preventDefault();
    document.getElementById('search')?.focus();
  }
});
