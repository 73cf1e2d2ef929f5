import { describe, expect, test } from 'vitest';
import { tokens } from '../../packages/api/test/api-rig.ts';
import { useBrowser } from './browser/use-browser.ts';
import { screensOf } from './screens.ts';

const { open } = useBrowser(['burning'], { failures: 40 });
const withoutScript = { javaScriptEnabled: false } as const;

describe('without script', () => {
  test('who signs in by the form finds a parcel by the search, and signs out', async () => {
    const { page, context } = await open('burning', withoutScript);
    await page.goto('/');
    await page.getByLabel('Token').fill(tokens.read);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Now' }).waitFor();
    await page.getByLabel('Parcel id').first().fill('5002');
    await page.getByLabel('Parcel id').first().press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Parcel 5002' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    expect(await context.cookies()).toEqual([]);
  });

  test('every screen says all that it says', async () => {
    const scripted = await open('burning', { as: 'all' });
    const plain = await open('burning', { as: 'all', ...withoutScript });
    for (const { path } of screensOf('burning')) {
      await scripted.page.goto(path);
      await plain.page.goto(path);
      expect(await plain.page.locator('h1').textContent(), path).toBe(await scripted.page.locator('h1').textContent());
      const [all, said] = [scripted, plain].map(({ page }) => page.locator('main a[href], main form').count());
      expect(await said, path).toBe(await all);
    }
  });

  test('a redrive is planned, run on record, and followed', async () => {
    const { page } = await open('burning', { as: 'all', ...withoutScript });
    await page.goto('/failures');
    await page.locator('main a[href^="/failures/group"]').first().click();
    await page.getByRole('button', { name: /^Redrive/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Redrive: the plan' }).waitFor();
    await page.getByLabel(/^Because/).fill('a release reads these dates');
    await page.getByRole('button', { name: /^Redrive/ }).click();
    await page.waitForURL(/\/redrives\/\d{8}T\d{6}-[0-9a-f]{8}/);
    expect(await page.locator('main').textContent()).toContain('a release reads these dates');
    await page.goto('/operations');
    expect(await page.locator('main').textContent()).toContain('a release reads these dates');
  });
});
