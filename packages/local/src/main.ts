import { describeError } from '@waybill/shared/error.ts';
import { exitOnFailedStart } from '@waybill/shared/process/lifecycle.ts';
import { requireNode24 } from '@waybill/shared/process/node-24.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { help, readCommandLine, type StartOptions } from './config.ts';
import { runLocally } from './local-run.ts';
import { ProgressDisplay } from './progress.ts';
import type { Facts } from './run-facts.ts';
import { summaryLines } from './summary.ts';
import { verdictMarks } from './verdict-text.ts';

const options = optionsOrExit();
const stops = listenForStops();
const display = new ProgressDisplay(process.stdout, { isDumb: process.env['TERM'] === 'dumb' });
// After a terminal or pipe was closed, the run goes on to its orderly end.
process.stdout.on('error', () => undefined);

try {
  const { env, version: nodeVersion } = process;
  process.exit(await runLocally(options, { display, stops, env, nodeVersion, report: printSummary }));
} catch (error) {
  if (stops.first.aborted) process.exit(stops.exitCode());
  process.stderr.write(`npm start failed: ${describeError(error)}\n`);
  process.exit(1);
}

function printSummary(facts: Facts): void {
  display.sayMarked(['', ...summaryLines(facts)], { [verdictMarks.good]: 'green', [verdictMarks.bad]: 'red' });
}

function optionsOrExit(): StartOptions {
  try {
    requireNode24(process.version);
    const read = readCommandLine(process.argv.slice(2), process.env, Math.floor(Math.random() * 1_000_000));
    if (read !== 'help') return read;
    process.stdout.write(help);
    process.exit(0);
  } catch (error) {
    return exitOnFailedStart(error);
  }
}
