import { randomBytes } from 'node:crypto';
import { describeError } from '@waybill/shared/error.ts';
import { helpText, onUnread, optionsOrExit } from '@waybill/shared/process/program.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { program, readCommandLine } from './config.ts';
import { runProvisioner } from './run.ts';

const options = optionsOrExit(
  () => helpText(program),
  (args) => readCommandLine(args, process.env),
);
const stops = listenForStops();
// What it creates is to be whole, whoever reads of it.
onUnread(() => undefined);
const report = options.isExport ? process.stderr : process.stdout;

try {
  process.exitCode = await runProvisioner(options, {
    say: (line) => void report.write(`${line}\n`),
    sayVariables: (line) => void process.stdout.write(`${line}\n`),
    env: process.env,
    randomBytes: (count) => randomBytes(count),
    signal: stops.first,
  });
} catch (error) {
  if (stops.first.aborted) process.exit(stops.exitCode());
  process.stderr.write(`npm run provision failed: ${error instanceof Error ? error.message : describeError(error)}\n`);
  process.exitCode = 1;
}
