import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { systemClock } from '@waybill/shared/clock.ts';
import { exitOnFailedStart } from '@waybill/shared/process/lifecycle.ts';
import { requireNode24 } from '@waybill/shared/process/node-24.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { runCommandLine } from './run-command-line.ts';

try {
  requireNode24(process.version);
} catch (error) {
  exitOnFailedStart(error);
}
const { stdin, stdout, stderr, env } = process;
const exitCode = await runCommandLine(process.argv.slice(2), {
  ...{ stdin, stdout, stderr, env, clock: systemClock, random: Math.random, signals: listenForStops() },
  randomBytes: (count) => randomBytes(count),
  isTerminal: { stdin: stdin.isTTY === true, stdout: stdout.isTTY === true, stderr: stderr.isTTY === true },
  columns: stdout.isTTY ? stdout.columns : undefined,
  userName: () => userInfo().username,
  place: () => undefined,
});
// At once: a question that was left behind, or a socket, would keep the process.
process.exit(exitCode);
