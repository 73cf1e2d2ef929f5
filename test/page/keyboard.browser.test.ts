import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { useBrowser } from './browser/use-browser.ts';

const { open } = useBrowser(['burning']);

describe('by keyboard alone', () => {
  test('the first key leads past the navigation', async () => {
    const { page } = await open('burning', { as: 'all' });
    await page.goto('/failures');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toMatchObject({ text: 'Skip to the content', isInView: true });
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(`document.getElementById('main').contains(document.activeElement)`)).toBe(true);
  });

  test.each([
    ['g f', '/failures'],
    ['g p', '/parcel'],
    ['g s', '/stuck'],
    ['g b', '/batches'],
    ['g t', '/notifications'],
    ['g o', '/operations'],
    ['g f g n', '/'],
  ])('%s leads to %s', async (keys, path) => {
    const { page } = await open('burning', { as: 'all' });
    await page.goto('/stuck?stage=in-transit');
    for (const pair of keys.match(/g \w/g) ?? []) {
      const before = page.url();
      for (const key of pair.split(' ')) await page.keyboard.press(key);
      await page.waitForURL((url) => url.href !== before);
    }
    expect(new URL(page.url()).pathname).toBe(path);
  });

  test('/ leads to the search, where letters are letters, and Enter to the parcel', async () => {
    const { page } = await open('burning', { as: 'read' });
    await page.goto('/');
    await page.keyboard.press('/');
    await page.keyboard.type('gf5002');
    expect(new URL(page.url()).pathname).toBe('/');
    await page.keyboard.press('Home');
    await page.keyboard.press('Delete');
    await page.keyboard.press('Delete');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/parcel/5002');
  });

  test('? shows the keys and hides them again', async () => {
    const { page } = await open('burning', { as: 'read' });
    await page.goto('/');
    const keys = page.getByRole('dialog');
    await page.keyboard.press('?');
    await keys.waitFor();
    expect(await keys.textContent()).toContain('look again now');
    await page.keyboard.press('Escape');
    await keys.waitFor({ state: 'hidden' });
  });

  test('r looks again now', async () => {
    const { page } = await open('burning', { as: 'read' });
    await page.goto('/');
    const asked = page.waitForRequest((request) => request.resourceType() === 'fetch');
    await page.keyboard.press('r');
    expect(new URL((await asked).url()).pathname).toBe('/');
  });

  test('r does not send a form again', async () => {
    const { page } = await open('burning', { as: 'all' });
    await page.goto('/failures');
    await page.getByRole('button', { name: 'Redrive all…' }).click();
    await page.getByRole('heading', { level: 1, name: 'Redrive: the plan' }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await page.keyboard.press('r');
    // What r begins comes before what begins later.
    await page.getByRole('link', { name: 'Now', exact: true }).click();
    await page.waitForURL((url) => url.pathname === '/');
    expect(asked.filter((request) => request.startsWith('POST'))).toEqual([]);
  });

  test.each(['/', '/failures', '/parcel/5002', '/notifications', '/operations'])(
    'every stop on %s is seen, and has a name',
    async (path) => {
      const { page } = await open('burning', { as: 'all' });
      await page.goto(path);
      const stops = new Set<string>();
      for (;;) {
        await page.keyboard.press('Tab');
        const stop = await focused(page);
        // Back at the beginning, or at the browser's own controls.
        if (stop.place === '' || stops.has(stop.place) || stops.size === 60) break;
        stops.add(stop.place);
        expect(stop, stop.place).toMatchObject({ isInView: true, isMarked: true, text: expect.stringMatching(/\S/) });
      }
      expect(stops.size).toBeGreaterThan(9);
    },
  );
});

const focus = z.object({ place: z.string(), text: z.string(), isInView: z.boolean(), isMarked: z.boolean() });

/** What has the focus: where it is in the document, its name, and whether one sees it and that it has the focus. */
async function focused(page: Page) {
  return focus.parse(
    await page.evaluate(`(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return { place: '', text: '', isInView: false, isMarked: false };
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const place = [];
      for (let at = element; at.parentElement; at = at.parentElement)
        place.unshift(at.tagName + [...at.parentElement.children].indexOf(at));
      return {
        place: place.join(' '),
        text: element.labels?.[0]?.textContent ?? element.getAttribute('aria-label') ?? element.textContent,
        isInView: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        isMarked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
      };
    })()`),
  );
}
