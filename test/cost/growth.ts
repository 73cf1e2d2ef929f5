import type { Figures } from './counted-run.ts';

/** Growth over the recorded figure that is let pass, as a share. */
export const toleratedGrowth = 0.02;

export type Comparison = {
  readonly figure: string;
  readonly recorded: number;
  readonly found: number;
  readonly verdict: 'ok' | 'grown' | 'shrunk';
};

/** Each figure that was recorded or found, beside the other; one that is missing is 0. */
export function compareFigures(recorded: Figures, found: Figures): Comparison[] {
  return [...new Set([...Object.keys(recorded), ...Object.keys(found)])].map((figure) => {
    const [before, now] = [recorded[figure] ?? 0, found[figure] ?? 0];
    return { figure, recorded: before, found: now, verdict: verdictOn(before, now) };
  });
}

function verdictOn(recorded: number, found: number): Comparison['verdict'] {
  if (found > recorded * (1 + toleratedGrowth)) return 'grown';
  return found < recorded * (1 - toleratedGrowth) ? 'shrunk' : 'ok';
}
