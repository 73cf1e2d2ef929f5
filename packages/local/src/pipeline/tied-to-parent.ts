import { subscribe } from 'node:diagnostics_channel';
import { Server } from 'node:net';

/**
 * Loaded with `--import` before a process of production, which stays unchanged. However the parent ends, the IPC
 * channel to it closes and ends this process, so that nothing is left running. It also reports the port to the parent:
 * with HTTP_PORT=0 only the process itself knows it.
 */

/** A message to the parent. */
export type PortReport = { readonly listeningOn: number };

const end = () => process.exit(1);
process.on('disconnect', end);
// The channel alone must not keep alive a process that is done.
process.channel?.unref();
// The parent may have died while this process was loading, before the listener above.
if (!process.connected) end();

subscribe('tracing:net.server.listen:asyncEnd', (message) => {
  if (typeof message !== 'object' || message === null || !('server' in message)) return;
  const address = message.server instanceof Server ? message.server.address() : null;
  if (address === null || typeof address === 'string') return;
  process.send?.({ listeningOn: address.port } satisfies PortReport);
});
