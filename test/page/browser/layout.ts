import type { Page } from 'playwright-core';
import { z } from 'zod';

// Evaluated in the browser: a text, since the types of this repository know no DOM.
const overflowing = `(() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  return [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > clientWidth + 0.5)
    .map((element) => element.outerHTML.slice(0, 120) + ': ' + Math.round(element.getBoundingClientRect().right) + ' of ' + clientWidth)
    .slice(-3)
    .concat(scrollWidth + ' pixels on ' + clientWidth);
})()`;

/** What makes a page wider than its window, innermost last; empty where nobody has to scroll sideways. */
export async function layoutFaultsOf(page: Page): Promise<readonly string[]> {
  return z.array(z.string()).parse(await page.evaluate(overflowing));
}

const broken = `[...document.querySelectorAll('main .foreign, main code')]
  .filter(({ textContent }) => /^[A-Z][A-Z_]+$|^event-\\d+$/.test(textContent))
  .filter((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1;
  })
  .map(({ textContent }) => textContent)`;

/** Codes and ids of failures that do not stand on one line. */
export async function brokenCodesOf(page: Page): Promise<readonly string[]> {
  return z.array(z.string()).parse(await page.evaluate(broken));
}
