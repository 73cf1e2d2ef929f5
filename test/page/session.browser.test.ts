import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { tokens } from '../../packages/api/test/api-rig.ts';
import { useBrowser } from './browser/use-browser.ts';

const { open, world } = useBrowser(['healthy']);

test('who is not signed in signs in with a token, and goes on to the screen that was asked for', async () => {
  const { page } = await open('healthy');
  await page.goto('/stuck?stage=in-transit');
  await page.getByLabel('Token').fill(tokens.read);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/stuck?stage=in-transit');
  await page.getByRole('heading', { level: 1, name: 'Stuck' }).waitFor();
});

test('a wrong token signs nobody in, and the form says what to do', async () => {
  const { page, faults } = await open('healthy');
  await page.goto('/sign-in');
  await page.getByLabel('Token').fill(`${tokens.read}x`);
  await page.getByLabel('Token').press('Enter');
  expect(await page.getByRole('alert').textContent()).toContain('ask who runs Waybill for a new one');
  expect(await page.getByLabel('Token').getAttribute('aria-invalid')).toBe('true');
  expect(await page.getByLabel('Token').inputValue()).toBe('');
  expect(faults.splice(0).every((fault) => fault.includes('401'))).toBe(true);
  await page.goto('/');
  expect(new URL(page.url()).pathname).toBe('/sign-in');
});

test('a link with the token in its fragment signs in, and leaves the token in no address', async () => {
  const { page } = await open('healthy');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`/sign-in#${tokens.all}`);
  await page.waitForURL((url) => url.pathname === '/');
  expect(asked.filter((url) => url.includes(tokens.all))).toEqual([]);
  await page.goBack();
  expect(page.url()).not.toContain(tokens.all);
});

test('a link with a token in its fragment signs nobody in elsewhere than on this machine', async () => {
  const { page, context } = await open('healthy');
  const host = 'https://waybill.example';
  await context.route(`${host}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: `${world('healthy').page.url}${pathname}` }) });
  });
  const sent = methodsOf(page);
  await page.goto(`${host}/sign-in#${tokens.all}`, { waitUntil: 'networkidle' });
  expect(page.url()).toBe(`${host}/sign-in`);
  expect(await page.getByLabel('Token').inputValue()).toBe('');
  expect(sent).not.toContain('POST');
});

test('a link within the page is not taken for a token', async () => {
  const { page } = await open('healthy');
  const sent = methodsOf(page);
  await page.goto('/sign-in#main', { waitUntil: 'networkidle' });
  expect(sent).not.toContain('POST');
});

/** The methods of what the page asks for, from now on. */
function methodsOf(page: Page): readonly string[] {
  const methods: string[] = [];
  page.on('request', (request) => methods.push(request.method()));
  return methods;
}

test('the cookie is for this site and this browser alone, and no script can read it', async () => {
  const { page, context } = await open('healthy', { as: 'read' });
  await page.goto('/');
  const cookies = await context.cookies();
  expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict', path: '/', expires: -1, secure: false }]);
  expect(await page.evaluate('document.cookie')).toBe('');
  expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0);
});

test('who signs out is signed out, and the way back shows nothing', async () => {
  const { page, context } = await open('healthy', { as: 'read' });
  await page.goto('/');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  expect(await context.cookies()).toEqual([]);
  await page.goBack();
  await page.getByLabel('Token').waitFor();
});

test('a link on another site opens the page for who is signed in, though the cookie is for this site alone', async () => {
  const { page } = await open('healthy', { as: 'read' });
  await followLinkOfAnotherSite(page, '/operations');
  await page.getByRole('heading', { level: 1, name: 'Operations' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/operations');
});

test('a link on another site leads who is not signed in to the sign-in', async () => {
  const { page } = await open('healthy');
  await followLinkOfAnotherSite(page, '/operations');
  await page.getByLabel('Token').waitFor();
});

async function followLinkOfAnotherSite(page: Page, path: string): Promise<void> {
  const link = `<a href="${world('healthy').page.url}${path}">Look</a>`;
  const other = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>Chat</title><link rel="icon" href="data:,">${link}`);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  // A server that listens on a port has an AddressInfo; strings are for pipes, null for servers that are closed.
  const { port } = other.address() as AddressInfo;
  // Another site: a host of another name. Ports do not tell sites apart.
  await page.goto(`http://localhost:${port}/`);
  await page.getByRole('link', { name: 'Look' }).click();
}
