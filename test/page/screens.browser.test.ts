import { describe, expect, test } from 'vitest';
import { violationsOf } from './browser/axe.ts';
import { brokenCodesOf, layoutFaultsOf } from './browser/layout.ts';
import { useBrowser } from './browser/use-browser.ts';
import { screensOf } from './screens.ts';
import { type WorldName, worldNames } from './worlds/world.ts';

// Few, because axe looks at each row of a list for a tenth of a second.
const { open } = useBrowser(worldNames, { failures: 60 });

const narrowAndLight = { viewport: { width: 320, height: 640 }, colorScheme: 'light' } as const;
/** Around the width at which rows become cards. */
const between = [768, 860] as const;
const wideAndDark = { viewport: { width: 1_440, height: 900 }, colorScheme: 'dark' } as const;

/** Worlds whose screens axe judges: between them they have every state that a screen has. */
const judged: ReadonlySet<WorldName> = new Set(['empty', 'burning']);

describe.each(worldNames)('in a deployment that is %s', (world) => {
  test.each(screensOf(world))('$name can be read by everybody, narrow and wide, light and dark', async ({ path }) => {
    const { page } = await open(world, { as: 'all', ...narrowAndLight });
    await page.goto(path);
    await expectReadable(narrowAndLight);
    if (judged.has(world)) expect(await violationsOf(page)).toEqual([]);
    for (const width of between) {
      await page.setViewportSize({ width, height: 900 });
      expect(await layoutFaultsOf(page)).toEqual([]);
    }
    await expectReadable(wideAndDark);
    // The markup is the same: in the dark only colours differ.
    if (judged.has(world)) expect(await violationsOf(page, ['color-contrast'])).toEqual([]);

    async function expectReadable({ viewport, colorScheme }: typeof narrowAndLight | typeof wideAndDark) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      expect(await layoutFaultsOf(page)).toEqual([]);
    }
  });
});

test.each([320, 768, 1_120])('the plan of a redrive breaks no code at %d pixels', async (width) => {
  const { page } = await open('burning', { as: 'all', viewport: { width, height: 900 } });
  await page.goto('/failures');
  await page.getByRole('button', { name: 'Redrive all…' }).click();
  await page.getByRole('heading', { level: 1, name: 'Redrive: the plan' }).waitFor();
  expect(await layoutFaultsOf(page)).toEqual([]);
  expect(await brokenCodesOf(page)).toEqual([]);
});
