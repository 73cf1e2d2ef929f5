import { runEngine } from './engine-process.ts';

await runEngine(async () => {
  const { buildApp } = await import('fauxqs');
  // Not startFauxqs: it listens on all interfaces, whatever its host option says.
  const app = buildApp({ logger: false });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  return Number(new URL(address).port);
});
