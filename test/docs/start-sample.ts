import type { Facts } from '@waybill/local/run-facts.ts';
import { summaryLines } from '@waybill/local/summary.ts';
import recorded from './start-sample.json' with { type: 'json' };

/**
 * What `npm start -- --seed 956703` counted in one run; times, calls and faults differ from run to run.
 * `npm exec --call "node test/docs/record-start-sample.ts"` records it anew, after a change of what is counted.
 */
const facts: Facts = recorded;

/** The block of the README that shows what `npm start` prints. */
const sample = /(?<=^```\n)Waybill on Node [\s\S]*?\n(?=```$)/m;

/** This page, with its sample of `npm start` as the code of `npm start` prints it. */
export function withSample(readme: string, shown = facts): string {
  if (!sample.test(readme)) throw new Error('README.md has no block that begins with "Waybill on Node"');
  return readme.replace(sample, () => `${summaryLines(shown).join('\n')}\n`);
}
