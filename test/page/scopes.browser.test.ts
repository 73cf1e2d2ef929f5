import { request } from 'node:http';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { useBrowser } from './browser/use-browser.ts';
import { screensOf } from './screens.ts';

const { open, world } = useBrowser(['burning']);

test('who may only read is offered no act, and a forged one is refused', async () => {
  const { page, context } = await open('burning', { as: 'all' });
  const acts = new Map<string, Record<string, string>>();
  for (const { path } of screensOf('burning')) {
    await page.goto(path);
    for (const { action, fields } of await actsOf(page)) acts.set(action, fields);
  }
  expect(acts.size).toBeGreaterThan(0);
  const reader = await open('burning', { as: 'read' });
  for (const { path } of screensOf('burning')) {
    await reader.page.goto(path);
    expect(await actsOf(reader.page), path).toEqual([]);
  }
  const cookie = await cookieOf(reader.context);
  for (const [action, fields] of acts) {
    const forged = { ...fields, because: 'forged' };
    expect(await post(action, forged, { cookie, 'sec-fetch-site': 'same-origin' }), action).toBe(403);
  }
  const mayAct = await cookieOf(context);
  for (const [action, fields] of acts)
    for (const site of ['cross-site', 'same-site', 'none', undefined])
      expect(await post(action, fields, { cookie: mayAct, ...(site && { 'sec-fetch-site': site }) }), action).toBe(403);
});
