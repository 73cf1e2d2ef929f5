/**
 * The health check of every image: exits with 0 when this container's `/livez` returns 200 within four seconds, otherwise
 * with 1. It does not use `fetch`, which takes longer to load than everything else here.
 */
import { get } from 'node:http';

const port = Number(process.env['HTTP_PORT'] || 8080);
const host = process.env['HTTP_HOST'] || '0.0.0.0';
/** The address at which a server that listens on all addresses is reached from its own container. */
const loopback: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

get({ host: loopback[host] ?? host, port, path: '/livez', timeout: 4_000 }, ({ statusCode }) =>
  process.exit(statusCode === 200 ? 0 : 1),
)
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
