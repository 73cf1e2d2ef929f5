import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from '@waybill/shared/domain/feed-element.ts';
import { believableJump } from '@waybill/shared/scan-api/position.ts';
import { maxBodyBytes, maxElements } from '@waybill/shared/scan-api/scan-api.ts';
import { scanApiVariables } from '@waybill/shared/scan-api/scan-api-variables.ts';
import { expect, it } from 'vitest';
import { fenced } from './data-model.ts';
import { withTables } from './scan-api.ts';

const page = readFileSync(fileURLToPath(import.meta.resolve('../../docs/scan-api.md')), 'utf8');

it('the tables of docs/scan-api.md are what the validator takes and rejects', async () => {
  await expect(withTables(page)).toMatchFileSnapshot('../../docs/scan-api.md');
});

it('its example is a page of scan events', () => {
  const examples: { ScanEvents: unknown[] }[] = fenced(page, 'json').map((json) => JSON.parse(json));
  expect(examples.flatMap(({ ScanEvents }) => ScanEvents.map((element) => 'event' in parse(element)))).toEqual([true]);
});

it('its bounds and variables are those of the code', () => {
  expect(page).toContain(
    `${maxBodyBytes / 1024 / 1024} MiB (decompressed) and ${maxElements.toLocaleString('en-US')} elements`,
  );
  expect(page).toContain(`more than ${believableJump.toLocaleString('en-US')} above the one before it`);
  const named = [...page.matchAll(/`(SCAN_API_[A-Z_]+)`/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !Object.hasOwn(scanApiVariables, name))).toEqual([]);
});
