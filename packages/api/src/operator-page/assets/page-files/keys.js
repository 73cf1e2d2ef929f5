/** Milliseconds for which `g` waits for the letter of a screen. */
const secondKeyMs = 2_000;

/**
 * The keys of the page, unless somebody types, or a key of the browser's own is meant.
 *
 * @param lookAgain {() => void} what `r` does
 */
export function listenToKeys(/** @type {() => void} */ lookAgain) {
  let goesUntil = 0;
  document.addEventListener('keydown', (event) => {
    const { key, target, ctrlKey, metaKey, altKey, isComposing, timeStamp } = event;
    if (ctrlKey || metaKey || altKey || isComposing || event.defaultPrevented) return;
    if (target instanceof HTMLElement && target.matches('input, textarea, select')) {
      if (key === 'Escape') target.blur();
      return;
    }
    const dialog = document.querySelector('dialog[open]');
    if (dialog instanceof HTMLDialogElement) {
      // Escape is the browser's own.
      if (key === '?' && dialog.id === 'keys') dialog.close();
      return;
    }
    if (timeStamp < goesUntil) {
      goesUntil = 0;
      const link = document.querySelector(`nav a[data-key="${CSS.escape(key)}"]`);
      if (link instanceof HTMLAnchorElement) link.click();
      return;
    }
    if (key === 'g') goesUntil = timeStamp + secondKeyMs;
    else if (key === 'r') lookAgain();
    else if (key === '?') showKeys();
    else if (key === '/') {
      // Else the slash is typed into the field.
      event.preventDefault();
      document.getElementById('search')?.focus();
    }
  });
}

function showKeys() {
  const keys = document.getElementById('keys');
  if (keys instanceof HTMLDialogElement) keys.showModal();
}
