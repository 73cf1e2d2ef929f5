import { readFileSync, writeFileSync } from 'node:fs';
import { readCommandLine } from '@waybill/local/config.ts';
import { runLocally } from '@waybill/local/local-run.ts';
import { ProgressDisplay } from '@waybill/local/progress.ts';
import type { Facts } from '@waybill/local/run-facts.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { withSample } from './start-sample.ts';

/*
 * Runs `npm start -- --seed 956703`, records what it counted in start-sample.json, and writes README.md's sample from it:
 *   npm exec --call "node test/docs/record-start-sample.ts"
 */
const options = readCommandLine(['--seed', '956703'], {}, 0);
if (options === 'help') throw new Error('these flags do not ask for help');
const { env, version: nodeVersion } = process;
const display = new ProgressDisplay(process.stdout);
process.exit(await runLocally(options, { display, stops: listenForStops(), env, nodeVersion, report: record }));

function record(facts: Facts): void {
  if (!facts.verdict?.isGood) throw new Error('Not recorded: the run was interrupted, or its verdict is not good');
  const recorded = new URL('start-sample.json', import.meta.url);
  const readme = new URL('../../README.md', import.meta.url);
  writeFileSync(recorded, `${JSON.stringify(facts, null, 2)}\n`);
  writeFileSync(readme, withSample(readFileSync(readme, 'utf8'), facts));
}
