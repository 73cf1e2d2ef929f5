import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { tokens } from '../../../packages/api/test/api-rig.ts';
import { type OpenWorld, openWorlds, type Worlds } from '../worlds/open-worlds.ts';
import type { WorldName } from '../worlds/world.ts';
import { launchBrowser } from './launch-browser.ts';
import { signIn } from './sign-in.ts';
import { watchFaults } from './watch-faults.ts';

/** A page of the browser, in a session of its own. */
export type Tab = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in it so far. A test that expects something of it takes it out. */
  readonly faults: string[];
};

export type TabOptions = BrowserContextOptions & {
  /** Whose session it is; without one nobody is signed in. */
  readonly as?: keyof typeof tokens;
};

export type PageInBrowser<Name extends WorldName> = {
  readonly world: (name: Name) => OpenWorld;
  /** Opens a tab on a world; when the test is over, it fails for whatever went wrong in the tab. */
  readonly open: (name: Name, options?: TabOptions) => Promise<Tab>;
  readonly browser: () => Browser;
};

/** Milliseconds for which a test waits for something to happen in a tab: generous, machines are busy. */
const patienceMs = 15_000;

/** A browser, and worlds that it can look at, for the tests of one file. */
export function useBrowser<Name extends WorldName>(
  names: readonly Name[],
  options: { readonly failures?: number } = {},
): PageInBrowser<Name> {
  let opened: { readonly browser: Browser; readonly worlds: Worlds<Name> } | undefined;
  beforeAll(async () => {
    const [browser, worlds] = await Promise.all([launchBrowser(), openWorlds(names, options)]);
    opened = { browser, worlds };
  });
  afterAll(async () => {
    await opened?.browser.close();
    await opened?.worlds.stop();
  });
  const there = () => {
    if (!opened) throw new Error('the browser is there from beforeAll on');
    return opened;
  };
  return {
    browser: () => there().browser,
    world: (name) => there().worlds.of(name),
    open: async (name, { as, ...contextOptions } = {}) => {
      const { url } = there().worlds.of(name).page;
      const context = await there().browser.newContext({ baseURL: url, ...contextOptions });
      if (as !== undefined) await signIn(context, tokens[as]);
      context.setDefaultTimeout(patienceMs);
      const page = await context.newPage();
      const faults = watchFaults(page);
      onTestFinished(async () => {
        await context.close();
        expect(faults).toEqual([]);
      });
      return { page, context, faults };
    },
  };
}
