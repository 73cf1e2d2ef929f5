import { describeError } from '@waybill/shared/error.ts';
import { helpText, onUnread, optionsOrExit } from '@waybill/shared/process/program.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { program, readCommandLine } from './config.ts';
import { runLocally } from './local-run.ts';
import { ProgressDisplay } from './progress.ts';
import type { Facts } from './run-facts.ts';
import { summaryLines } from './summary.ts';
import { verdictMarks } from './verdict-text.ts';

const options = optionsOrExit(
  () => helpText(program),
  (args) => readCommandLine(args, process.env, Math.floor(Math.random() * 1_000_000)),
);
const stops = listenForStops();
const display = new ProgressDisplay(process.stdout, { isDumb: process.env['TERM'] === 'dumb' });
// A terminal or pipe that was closed (`| head`) ends the run as Ctrl-C does, in order and unseen.
onUnread(() => stops.receive('SIGPIPE'));

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
