import { subscribe } from 'node:diagnostics_channel';
import { Server } from 'node:net';

/**
 * Loaded with `--import` in front of a process of production, which stays as it is. However the parent ends, the IPC
 * channel to it closes, and this process ends; so nothing is left running. And it tells the parent which port it
 * listens on: with HTTP_PORT=0 only the process itself knows.
 */

/** What the parent is told. */
export type PortReport = { readonly listeningOn: number };

const end = () => process.exit(1);
process.on('disconnect', end);
// The channel alone must not keep a process alive that is done.
process.channel?.unref();
// The parent may have died while this process was loading, before anyone listened for it.
if (!process.connected) end();

subscribe('tracing:net.server.listen:asyncEnd', (message) => {
  if (typeof message !== 'object' || message === null || !('server' in message)) return;
  const address = message.server instanceof Server ? message.server.address() : null;
  if (address === null || typeof address === 'string') return;
  process.send?.({ listeningOn: address.port } satisfies PortReport);
});
