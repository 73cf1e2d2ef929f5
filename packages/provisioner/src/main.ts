import { describeError } from '@waybill/shared/error.ts';
import { exitOnFailedStart } from '@waybill/shared/process/lifecycle.ts';
import { requireNode24 } from '@waybill/shared/process/node-24.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { help, type ProvisionerOptions, readCommandLine } from './config.ts';
import { runProvisioner } from './run.ts';

const options = optionsOrExit();
const stops = listenForStops();
const say = (line: string) => void process.stdout.write(`${line}\n`);

try {
  process.exitCode = await runProvisioner(options, say, stops.first);
} catch (error) {
  if (stops.first.aborted) process.exit(stops.exitCode());
  process.stderr.write(`npm run provision failed: ${error instanceof Error ? error.message : describeError(error)}\n`);
  process.exitCode = 1;
}

function optionsOrExit(): ProvisionerOptions {
  try {
    requireNode24(process.version);
    const read = readCommandLine(process.argv.slice(2), process.env);
    if (read !== 'help') return read;
    process.stdout.write(help);
    process.exit(0);
  } catch (error) {
    return exitOnFailedStart(error);
  }
}
