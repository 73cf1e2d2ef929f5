import { request } from 'node:http';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { useBrowser } from './browser/use-browser.ts';
import { screensOf } from './screens.ts';

const { open, world } = useBrowser(['burning']);

type Act = { readonly action: string; readonly fields: Readonly<Record<string, string>> };

test('who may only read is offered no act, and a forged one is refused', async () => {
  const operator = await open('burning', { as: 'all' });
  const acts = await actsOnAllScreens(operator.page);
  expect(acts.map(({ action }) => action)).toContain('/redrives/plan');
  const reader = await open('burning', { as: 'read' });
  expect(await actsOnAllScreens(reader.page)).toEqual([]);
  const before = await stored();
  for (const act of acts)
    expect(
      await post(act, { cookie: await cookieOf(reader.context), 'sec-fetch-site': 'same-origin' }),
      act.action,
    ).toBe(403);
  // Whose cookie may act, but no form of the page sends it.
  for (const act of acts)
    for (const site of ['cross-site', 'same-site', 'none', undefined]) {
      const headers = { cookie: await cookieOf(operator.context), ...(site && { 'sec-fetch-site': site }) };
      expect(await post(act, headers), `${act.action} from ${site}`).toBe(403);
    }
  expect(await stored()).toEqual(before);
});

test('a form on another site acts for nobody, though somebody is signed in', async () => {
  const { page } = await open('burning', { as: 'all' });
  const before = await stored();
  const { url } = world('burning').page;
  await page.route('http://elsewhere.example/', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<link rel="icon" href="data:,"><form method="post" action="${url}/redrives/plan"><input name="reason" value="INVALID_EVENT"><button>Win</button></form>`,
    }),
  );
  await page.goto('http://elsewhere.example/');
  await page.getByRole('button').click();
  // The cookie does not come along: for the page it is nobody.
  await page.getByLabel('Token').waitFor();
  expect(await stored()).toEqual(before);
});

/** The forms that act, of every screen: none of them signs in or out. */
async function actsOnAllScreens(page: Page): Promise<readonly Act[]> {
  const acts = new Map<string, Act>();
  for (const { path } of screensOf('burning')) {
    await page.goto(path);
    const found = await page.evaluate(`[...document.forms]
      .filter(({ method, action }) => method === 'post' && !/\\/sign-(in|out)$/.test(action))
      .map((form) => ({ action: new URL(form.action).pathname, fields: Object.fromEntries(new FormData(form)) }))`);
    for (const act of actsShape.parse(found)) acts.set(act.action, act);
  }
  return [...acts.values()];
}

const actsShape = z.array(z.object({ action: z.string(), fields: z.record(z.string(), z.string()) }));

async function cookieOf(context: BrowserContext): Promise<string> {
  return (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** Posts a form with any headers, which a browser's scripts could not set. Resolves with the status. */
async function post({ action, fields }: Act, headers: Readonly<Record<string, string>>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' };
  const sent = request(`${world('burning').page.url}${action}`, { method: 'POST', headers: { ...form, ...headers } });
  sent.once('error', reject);
  sent.once('response', (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  sent.end(String(new URLSearchParams(fields)));
  return await promise;
}

/** What acts change first: their records. */
async function stored(): Promise<unknown> {
  const { dynamodb, resources } = world('burning').engines;
  const scan = new ScanCommand({ TableName: resources.operationsTable });
  return (await DynamoDBDocumentClient.from(dynamodb).send(scan)).Items;
}
