import { buildInfo } from '@waybill/shared/process/build-info.ts';
import { exitOnFailedStart } from '@waybill/shared/process/lifecycle.ts';
import { givenOrExit, type Program } from '@waybill/shared/process/program.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { readConfig, receiverProcessVariables } from './config.ts';
import { startReceiver } from './receiver.ts';

/** The receiver as a process, `npm run receiver`: takes notifications, and misbehaves as planned, until a stop signal. */
const program: Program = {
  command: 'npm run receiver',
  says: 'A receiver of notifications: verifies each signature, misbehaves now and then as real ones do, and says at /told what it was told, until Ctrl-C. Prints its URL, the WEBHOOK_URL of a notifier.',
  variables: receiverProcessVariables,
  examples: [
    {
      line: 'HTTP_PORT=8083 npm run receiver',
      says: 'where npm run provision says that it is, with its WEBHOOK_SECRETS',
    },
    { line: 'HTTP_PORT=8083 RECEIVER_FAULTS=0 npm run receiver', says: 'one that does nothing wrong' },
  ],
  exitCode: '0 after SIGTERM or Ctrl-C, 2 for wrong variables or flags, 130 after a second Ctrl-C.',
  docs: ['docs/notifications.md', 'docs/configuration.md#those-who-stand-in-for-others'],
};
givenOrExit(program);
const config = configOrExit();
const stops = listenForStops();
const receiver = await startReceiver({
  secrets: config.WEBHOOK_SECRETS,
  plan: { seed: config.RECEIVER_SEED, every: 20, times: config.RECEIVER_FAULTS },
  // More than any time limit of an attempt.
  lateMs: 70_000,
  host: config.HTTP_HOST,
  port: config.HTTP_PORT,
});
process.stdout.write(
  `${JSON.stringify({ msg: 'webhook receiver', ...buildInfo(process.env), node: process.version, url: receiver.url, seed: config.RECEIVER_SEED })}\n`,
);
stops.second.addEventListener('abort', () => process.exit(stops.exitCode()), { once: true });
stops.first.addEventListener('abort', () => void receiver.stop(), { once: true });

function configOrExit() {
  try {
    return readConfig(process.env);
  } catch (error) {
    return exitOnFailedStart(error);
  }
}
