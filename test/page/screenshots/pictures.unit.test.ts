import { readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pictures } from './pictures.ts';

const docs = new URL('../../../docs/', import.meta.url);
const folder = new URL('page/', docs);

/** Bytes: a clone loads them all, and the page of docs too. */
const mostBytes = 1_500_000;

test('there is each picture of the page, and no other', () => {
  expect(readdirSync(folder).toSorted()).toEqual(pictures.map(({ name }) => `${name}.png`).toSorted());
});

test('docs/page.md shows each, with words for who does not see it', () => {
  const page = readFileSync(new URL('page.md', docs), 'utf8');
  for (const { name } of pictures) expect(page).toMatch(new RegExp(`!\\[[^\\]]{5,}\\]\\(page/${name}\\.png\\)`));
});

test('all pictures together are small', () => {
  const sizes = readdirSync(folder).map((file) => statSync(new URL(file, folder)).size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(mostBytes);
});
