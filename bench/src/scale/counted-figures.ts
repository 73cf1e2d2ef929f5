import { readFileSync } from 'node:fs';

const place = new URL('../../../test/cost/recorded.json', import.meta.url);

/** By which share history raises the write units of the parcels table, as the cost gate recorded it of one of its scenarios. */
export function unitsAddedByHistory(scenario: string): number {
  const recorded: { perMillion: Readonly<Record<string, Readonly<Record<string, number>>>> } = JSON.parse(
    readFileSync(place, 'utf8'),
  );
  const figures = recorded.perMillion[scenario] ?? {};
  const { 'write units of parcels': units, 'write units of parcels, without history': without } = figures;
  if (units === undefined || without === undefined) throw new Error(`test/cost/recorded.json has no ${scenario}`);
  return units / without - 1;
}
