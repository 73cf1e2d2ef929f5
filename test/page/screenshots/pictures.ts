import type { Page } from 'playwright-core';
import { screensOf } from '../screens.ts';
import { runningOperationId } from '../worlds/operations.ts';
import type { WorldName } from '../worlds/world.ts';

/** A picture of a screen. */
export type Picture = {
  /** `docs/page/NAME.png`, or `NAME-dark.png`. */
  readonly name: string;
  readonly world: WorldName;
  readonly colorScheme: 'light' | 'dark';
  readonly path: string;
  /** What is done on the screen before. */
  readonly act?: (page: Page) => Promise<void>;
};

/** The screens that the README shows, in the dark as well. */
const main = ['now', 'failures', 'redrive-plan', 'parcel'];

/** From a group of failures to the plan of their redrive. */
async function plan(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Redrive/ })
    .or(page.getByRole('link', { name: /^Redrive/ }))
    .first()
    .click();
  await page.waitForURL('**/redrives/plan**');
}

function pathOf(world: WorldName, name: string): string {
  const screen = screensOf(world).find((each) => each.name === name);
  if (!screen) throw new Error(`the world ${world} has no screen ${name}`);
  return screen.path;
}

const shown: readonly Omit<Picture, 'colorScheme'>[] = [
  ...['now', 'failures', 'failure-group', 'failure', 'notifications'].map((name) => ({
    name,
    world: 'burning' as const,
  })),
  ...['parcel', 'stuck', 'batches', 'operations', 'operation'].map((name) => ({ name, world: 'healthy' as const })),
].map(({ name, world }) => ({ name, world, path: pathOf(world, name) }));

const withActs: readonly Omit<Picture, 'colorScheme'>[] = [
  { name: 'now-healthy', world: 'healthy', path: '/' },
  { name: 'redrive-plan', world: 'burning', path: pathOf('burning', 'failure-group'), act: plan },
  { name: 'redrive', world: 'healthy', path: `/redrives/${runningOperationId}` },
  { name: 'sign-in', world: 'empty', path: '/sign-in' },
];

/** Every picture of the docs. */
export const pictures: readonly Picture[] = [...shown, ...withActs].flatMap((picture) => [
  { ...picture, colorScheme: 'light' },
  ...(main.includes(picture.name) ? [{ ...picture, name: `${picture.name}-dark`, colorScheme: 'dark' } as const] : []),
]);
