import { buildInfo } from '@waybill/shared/process/build-info.ts';
import { exitOnFailedStart } from '@waybill/shared/process/lifecycle.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { readConfig } from './config.ts';
import { startReceiver } from './receiver.ts';

/** The receiver as a process, `npm run receiver`: takes notifications, and misbehaves as planned, until a stop signal. */
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
stops.first.addEventListener('abort', () => void receiver.stop(), { once: true });

function configOrExit() {
  try {
    return readConfig(process.env);
  } catch (error) {
    return exitOnFailedStart(error);
  }
}
