import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { layoutFaultsOf } from './browser/layout.ts';
import { useBrowser } from './browser/use-browser.ts';
import { screensOf } from './screens.ts';
import { greatestId, hostileTexts } from './worlds/hostile.ts';

const { open } = useBrowser(['hostile']);

describe('what a feed says', () => {
  test.each(screensOf('hostile'))('runs nowhere on $name, and links to nothing', async ({ path }) => {
    const { page } = await open('hostile', { as: 'all' });
    const ran: number[] = [];
    await page.exposeFunction('hostile', (place: number) => ran.push(place));
    await page.goto(path);
    // Handlers that wait for somebody: those of the mouse and of the focus.
    for (const element of await page.locator('main *').all()) await element.dispatchEvent('mouseover');
    expect(ran).toEqual([]);
    const made = `[...document.querySelectorAll('main img, main iframe, main script, main [onerror], main [onmouseover], main [onfocus]')]
      .concat([...document.links].filter(({ protocol }) => !/^https?:$/.test(protocol)))
      .map(({ outerHTML }) => outerHTML)`;
    expect(await page.evaluate(made)).toEqual([]);
  });

  test.each(screensOf('hostile'))('moves nothing that stands beside it on $name', async ({ path }) => {
    const { page } = await open('hostile', { as: 'all', viewport: { width: 320, height: 640 } });
    await page.goto(path);
    expect(await layoutFaultsOf(page)).toEqual([]);
    expect(await openBidiOf(page)).toEqual([]);
  });

  test('is shown as it was said', async () => {
    const { page } = await open('hostile', { as: 'read' });
    await page.goto(`/parcel/${greatestId}`);
    const shown = await page.locator('main').textContent();
    // A history keeps 64 characters of a status; the latest scan has all.
    for (const text of Object.values(hostileTexts)) expect(shown).toContain(text.slice(0, 60));
  });
});

test('the greatest of ids is the same on every screen that shows it', async () => {
  const { page } = await open('hostile', { as: 'read' });
  for (const { path } of screensOf('hostile').filter(({ name }) =>
    /^(parcel|failure|notification)$/.test(name),
  )) {
    await page.goto(path);
    expect(await page.locator('main').textContent(), path).toContain(String(greatestId));
    expect(await page.locator('main').textContent(), path).not.toMatch(
      /9,007,199,254,740,99[02]|9007199254740992|9\.007/,
    );
  }
  await page.getByLabel('Parcel id').first().fill(String(greatestId));
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/parcel/${greatestId}`);
});

/** Texts with marks of direction that are not kept apart from what stands beside them. */
async function openBidiOf(page: Page): Promise<readonly string[]> {
  const found = await page.evaluate(`(() => {
    const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    const open = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!/[\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/.test(node.data)) continue;
      let at = node.parentElement;
      while (at && at.tagName !== 'MAIN' && !/isolate|plaintext/.test(getComputedStyle(at).unicodeBidi)) at = at.parentElement;
      if (!at || at.tagName === 'MAIN' || getComputedStyle(at).display !== 'inline' && at.tagName !== 'BDI')
        open.push(node.parentElement.outerHTML.slice(0, 120));
    }
    return open;
  })()`);
  return z.array(z.string()).parse(found);
}
