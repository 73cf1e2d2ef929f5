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
