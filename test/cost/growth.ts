import { dollars, type Figures } from './figures.ts';

/** Growth over the recorded figure that is let pass, as a share. */
export const toleratedGrowth = 0.02;

export type Comparison = {
  readonly figure: string;
  readonly recorded: number;
  readonly found: number;
  readonly verdict: 'ok' | 'grown' | 'shrunk';
};

/**
 * Each figure that was recorded or found, beside the other; one that is missing is 0. A count may differ by one besides:
 * of a few requests, one is more than 2 %, and says nothing.
 *
 * @param one what a single request or unit of the run is for a million events
 */
export function compareFigures(recorded: Figures, found: Figures, one = 0): Comparison[] {
  return [...new Set([...Object.keys(recorded), ...Object.keys(found)])].map((figure) => {
    const [before, now] = [recorded[figure] ?? 0, found[figure] ?? 0];
    return { figure, recorded: before, found: now, verdict: verdictOn(before, now, figure === dollars ? 0 : one) };
  });
}

function verdictOn(recorded: number, found: number, one: number): Comparison['verdict'] {
  // Figures have six digits.
  const tolerated = Math.max(recorded * toleratedGrowth, one * 1.001);
  if (found > recorded + tolerated) return 'grown';
  return found < recorded - tolerated ? 'shrunk' : 'ok';
}
