import { buildInfo } from '@waybill/shared/process/build-info.ts';
import { exitOnFailedStart } from '@waybill/shared/process/lifecycle.ts';
import { listenForStops } from '@waybill/shared/process/stop-signals.ts';
import { readConfig } from './config.ts';
import { HeldFeed } from './feed/held-feed.ts';
import { instantsUpTo, simulateFeed } from './feed/simulated-feed.ts';
import { realisticFaults } from './scan-api-faults.ts';
import { startScanApi } from './scan-api-server.ts';

/** The simulated Scan Event API as a process: serves one feed, with faults, until a stop signal. */
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
stops.first.addEventListener('abort', () => void api.stop(), { once: true });

function configOrExit() {
  try {
    return readConfig(process.env);
  } catch (error) {
    return exitOnFailedStart(error);
  }
}
