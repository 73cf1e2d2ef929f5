import type { MeasuredLoad } from './measured-loads.ts';

export const usd = (amount: number) => amount.toFixed(2);
export const rate = (load: MeasuredLoad) => `${load.eventsPerSecond.toLocaleString('en-US')}/s`;
/** A row of a Markdown table. */
export const row = (...cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
