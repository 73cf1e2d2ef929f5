import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { givenOrExit, type Program } from '@waybill/shared/process/program.ts';
import type { Browser } from 'playwright-core';
import { tokens } from '../../../packages/api/test/api-rig.ts';
import { launchBrowser } from '../browser/launch-browser.ts';
import { signIn } from '../browser/sign-in.ts';
import { momentMs } from '../worlds/moment.ts';
import { type OpenWorld, openWorlds } from '../worlds/open-worlds.ts';
import { runningOperation } from '../worlds/operations.ts';
import type { WorldName } from '../worlds/world.ts';
import { writeItems } from '../worlds/write-items.ts';
import { withPalette } from './palette-png.ts';
import { type Picture, pictures } from './pictures.ts';

const program = {
  command: 'npm run screenshots',
  says: 'Takes a picture of every screen of the page into docs/page/, in place of those that are there. On one machine a second run gives the same bytes: worlds and browser stand still at one moment. Needs Chromium, which CHROMIUM names where it is not on the PATH.',
  flags: {},
  examples: [{ line: 'npm run screenshots', says: 'after a change of how the page looks' }],
  exitCode: '0 all are taken, 1 they are not, 2 wrong flags.',
  docs: ['docs/page.md', 'docs/decisions/0208-page-tested-in-chromium.md'],
} as const satisfies Program;

givenOrExit<typeof program.flags>(program);

const folder = fileURLToPath(new URL('../../../docs/page/', import.meta.url));

/** Pixels: as wide as a page of docs shows, and no more of a long screen than one sees at once. */
const size = { width: 1_120, height: 720 };
const mostHeight = 1_080;

/** So few that a plan looks at all of them in its three seconds. */
const failures = 412;

const worlds = await openWorlds<WorldName>(['empty', 'healthy', 'burning'], { failures });
const browser = await launchBrowser();
try {
  const { dynamodb, resources } = worlds.of('healthy').engines;
  const documents = DynamoDBDocumentClient.from(dynamodb);
  await writeItems(documents, resources.operationsTable, [runningOperation()]);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const picture of pictures) writeFileSync(`${folder}${picture.name}.png`, await taken(browser, picture));
  const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(folder + file).size, 0);
  console.log(`${pictures.length} pictures, ${Math.round(bytes / 1_000)} KB, in ${folder}`);
} finally {
  await browser.close();
  await worlds.stop();
}

/** The picture as a PNG. */
async function taken(browser: Browser, { world, colorScheme, path, act }: Picture): Promise<Buffer> {
  const { page: served }: OpenWorld = worlds.of(world);
  const context = await browser.newContext({
    baseURL: served.url,
    viewport: size,
    colorScheme,
    reducedMotion: 'reduce',
  });
  if (world !== 'empty') await signIn(context, tokens.all);
  const page = await context.newPage();
  await page.clock.setFixedTime(momentMs);
  await page.goto(path, { waitUntil: 'networkidle' });
  await act?.(page);
  const whole = await page.locator('html').boundingBox();
  const height = Math.min(mostHeight, Math.max(size.height, Math.ceil(whole?.height ?? 0)));
  await page.setViewportSize({ ...size, height });
  const png = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  await context.close();
  return withPalette(png);
}
