import { expect, onTestFinished, test } from 'vitest';
import { useBrowser } from './browser/use-browser.ts';
import { backlog } from './worlds/activity.ts';

const { open, world } = useBrowser(['burning', 'stale']);

/** Longer than a screen waits until it looks again, milliseconds. */
const aLookMs = 6_000;

test('an open screen says that its answer is old while the API is away, and comes back by itself', async () => {
  const { page, faults } = await open('burning', { as: 'read' });
  await page.clock.install();
  await page.goto('/');
  const main = await page.locator('main').innerText();
  const stale = page.locator('#stale');
  expect(await stale.isVisible()).toBe(false);
  await world('burning').page.stop();
  onTestFinished(() => world('burning').page.start());
  await page.clock.runFor(aLookMs);
  await stale.waitFor();
  expect(await page.getByRole('alert').textContent()).toMatch(/^This is old: the server does not answer\./);
  const ageOf = async () => Number(/^(\d+) s old/.exec((await page.locator('#stale-age').textContent()) ?? '')?.[1]);
  const age = await ageOf();
  await page.clock.runFor(3_000);
  expect(await ageOf()).toBeGreaterThan(age);
  expect(await page.locator('main').innerText()).toBe(main);
  await world('burning').page.start();
  await page.clock.runFor(5 * aLookMs);
  await stale.waitFor({ state: 'hidden' });
  // What the browser says of requests that nobody answered.
  expect(faults.splice(0).filter((fault) => !fault.includes('ERR_CONNECTION'))).toEqual([]);
});

test('a screen that nobody sees asks for nothing, and looks again once it is seen', async () => {
  const { page } = await open('burning', { as: 'read' });
  await page.clock.install();
  await page.goto('/');
  const looks: string[] = [];
  page.on('request', (request) => {
    if (request.resourceType() === 'fetch') looks.push(request.url());
  });
  await hide(true);
  await page.clock.runFor(10 * aLookMs);
  expect(looks).toEqual([]);
  const look = page.waitForRequest((request) => request.resourceType() === 'fetch');
  await hide(false);
  await page.clock.runFor(1_000);
  await look;

  /** As a browser does with a tab that goes behind another one. */
  async function hide(isHidden: boolean) {
    await page.evaluate(`
      Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
      Object.defineProperty(document, 'visibilityState', { value: '${isHidden ? 'hidden' : 'visible'}', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    `);
  }
});

test.each(['/', '/notifications', '/batches'])('the focus stays where it is when %s is freshened', async (path) => {
  const { page } = await open('burning', { as: 'all' });
  await page.goto(path);
  const links = page.locator('main a, main button, main summary');
  const count = Math.min(await links.count(), 12);
  for (let index = 0; index < count; index += 1) {
    const link = links.nth(index);
    if (!(await link.isVisible())) continue;
    await link.focus();
    const before = await page.evaluate('document.activeElement.outerHTML');
    const freshened = page.evaluate(`new Promise((resolve) => {
      for (const part of document.querySelectorAll('[data-live]')) part.setAttribute('data-was', 'shown');
      document.addEventListener('freshened', () => resolve(true), { once: true });
    })`);
    await page.keyboard.press('r');
    await freshened;
    expect(await page.evaluate('document.activeElement.outerHTML')).toBe(before);
  }
});

test('what is typed into a form stays when the screen is freshened', async () => {
  const { page } = await open('burning', { as: 'all' });
  await page.clock.install();
  await page.goto('/');
  await page.getByLabel('Parcel id').first().fill('50');
  const look = page.waitForResponse((response) => response.request().resourceType() === 'fetch');
  await page.clock.runFor(aLookMs);
  await look;
  expect(await page.getByLabel('Parcel id').first().inputValue()).toBe('50');
});

test('a screen that does not change any more is asked for no more', async () => {
  const { page } = await open('burning', { as: 'read' });
  await page.clock.install();
  let looks = 0;
  await page.goto('/batches');
  await page.route('**/batches', async (route) => {
    looks += 1;
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(/ data-every-seconds="\d+"/, '') });
  });
  const freshened = page.evaluate(
    `new Promise((resolve) => document.addEventListener('freshened', () => resolve(true)))`,
  );
  await page.clock.runFor(aLookMs);
  await freshened;
  await page.clock.runFor(10 * aLookMs);
  expect(looks).toBe(1);
});

test('the queue is in words what it is in the plot', async () => {
  const { page } = await open('burning', { as: 'read' });
  await page.goto('/');
  const queue = page.locator('#plot-queue');
  expect(await queue.locator('.value').textContent()).toContain(`${backlog} waiting`);
  const plotted = Number(await queue.locator('tbody tr').last().locator('td').first().textContent());
  // A byte a minute tells a number to some hundredths.
  expect(Math.abs(plotted / backlog - 1)).toBeLessThan(0.04);
});

test('what cannot be asked is said, and the rest is shown', async () => {
  const { page } = await open('stale', { as: 'read' });
  await page.goto('/');
  const main = await page.locator('main').textContent();
  expect(main).toContain('Could not be asked: the dead-letter queue and the queue.');
  expect(main).toContain('26 min behind');
});

test('a token that is taken away under an open screen leads to the sign-in', async () => {
  const { page, context } = await open('burning', { as: 'read' });
  await page.clock.install();
  await page.goto('/');
  await context.clearCookies();
  await page.clock.runFor(aLookMs);
  await page.getByLabel('Token').waitFor();
});
