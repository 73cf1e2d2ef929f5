import { cleanShares, simulateFeed } from '@waybill/carrier/feed/simulated-feed.ts';

/** Events of one body. */
export const eventsEach = 1_000;
/** Different bodies, which are pushed again and again. */
const differentBodies = 20;

/** The elements of bodies to push, as JSON: a clean feed in pieces. */
export function pushedElements(): string[][] {
  const elements = simulateFeed({ seed: 1, activeParcels: 2_000, shares: cleanShares })
    .take(eventsEach * differentBodies)
    .map(({ json }) => json)
    .toArray();
  return Array.from({ length: differentBodies }, (_, index) =>
    elements.slice(index * eventsEach, (index + 1) * eventsEach),
  );
}

/** A body as `api.md` has it. */
export function bodyOf(elements: readonly string[]): string {
  return `{"ScanEvents":[${elements.join(',')}]}`;
}
