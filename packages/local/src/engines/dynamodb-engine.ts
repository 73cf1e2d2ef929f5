import { once } from 'node:events';
import { runEngine } from './engine-process.ts';

await runEngine(async () => {
  const { default: dynalite } = await import('dynalite');
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  // dynalite rethrows a request's error: a client killed in mid-request would end the engine.
  server.on('request', (request) => request.removeAllListeners('error').on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`dynalite listens on ${address}, not on a port`);
  return address.port;
});
