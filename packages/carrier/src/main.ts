import { buildInfo } from '@waybill/shared/process/build-info.ts';
import { exitOnFailedStart } from '@waybill/shared/process/lifecycle.ts';
import { givenOrExit, type Program } from '@waybill/shared/process/program.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { readConfig, scanApiVariables } from './config.ts';
import { HeldFeed } from './feed/held-feed.ts';
import { instantsUpTo, simulateFeed } from './feed/simulated-feed.ts';
import { realisticFaults } from './scan-api-faults.ts';
import { startScanApi } from './scan-api-server.ts';

/** The simulated Scan Event API as a process: serves one feed, with faults, until a stop signal. */
const program: Program = {
  command: 'npm run scan-api',
  says: 'A simulated Scan Event API: serves one feed that repeats from its seed, with the faults that real ones have, until Ctrl-C. Prints its URL, the SCAN_API_URL of a poller.',
  variables: scanApiVariables,
  examples: [
    { line: 'HTTP_PORT=8082 npm run scan-api', says: 'where npm run provision says that it is' },
    { line: 'HTTP_PORT=8082 FEED_EVENTS=500 npm run scan-api', says: 'with a small feed' },
  ],
  exitCode: '0 after SIGTERM or Ctrl-C, 2 for wrong variables or flags, 130 after a second Ctrl-C.',
  docs: ['README.md#on-localstack', 'docs/configuration.md#those-who-stand-in-for-others'],
};
givenOrExit(program);
const config = configOrExit();
const stops = listenForStops();
const { FEED_SEED: seed, FEED_EVENTS: events, SCAN_API_TOKEN: token } = config;
// As under `npm start`: a parcel is scanned again after about this many events of others.
const activeParcels = Math.max(5, Math.min(2_000, Math.round(events / 10)));
const endMs = config.FEED_END_UTC === '' ? Date.now() : Date.parse(config.FEED_END_UTC);
const feed = new HeldFeed(simulateFeed({ seed, activeParcels, instantOf: instantsUpTo(endMs, events) }), events);
const api = await startScanApi({
  feed,
  seed,
  faults: realisticFaults,
  host: config.HTTP_HOST,
  port: config.HTTP_PORT,
  ...(token && { token }),
});
process.stdout.write(
  `${JSON.stringify({ msg: 'simulated Scan Event API', ...buildInfo(process.env), node: process.version, url: api.url, events, seed })}\n`,
);
stops.second.addEventListener('abort', () => process.exit(stops.exitCode()), { once: true });
stops.first.addEventListener('abort', () => void api.stop(), { once: true });

function configOrExit() {
  try {
    return readConfig(process.env);
  } catch (error) {
    return exitOnFailedStart(error);
  }
}
