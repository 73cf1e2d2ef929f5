import { randomBytes } from 'node:crypto';
import { describeError } from '@waybill/shared/error.ts';
import { lostOutput } from '@waybill/shared/process/lost-output.ts';
import { helpText, onUnread, optionsOrExit } from '@waybill/shared/process/program.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { program, readCommandLine } from './config.ts';
import { runProvisioner } from './run.ts';

const options = optionsOrExit(
  () => helpText(program),
  (args) => readCommandLine(args, process.env),
);
const stops = listenForStops();
// What it creates is to be whole, whoever reads of it; what it prints is not, where that cannot be written.
let lost: string | undefined;
onUnread((error) => {
  lost ??= lostOutput(error);
  if (lost === undefined) return;
  process.stderr.write(`npm run provision: ${lost}\n`);
  process.exitCode = 1;
});
const report = options.isExport ? process.stderr : process.stdout;

try {
  const exitCode = await runProvisioner(options, {
    say: (line) => void report.write(`${line}\n`),
    sayVariables: (line) => void process.stdout.write(`${line}\n`),
    env: process.env,
    randomBytes: (count) => randomBytes(count),
    signal: stops.first,
  });
  // Where it is known only later that output is lost, it is set then.
  process.exitCode = lost === undefined ? exitCode : 1;
} catch (error) {
  if (stops.first.aborted) process.exit(stops.exitCode());
  process.stderr.write(`npm run provision failed: ${error instanceof Error ? error.message : describeError(error)}\n`);
  process.exitCode = 1;
}
