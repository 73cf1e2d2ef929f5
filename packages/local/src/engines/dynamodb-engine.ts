import { listen } from '@waybill/shared/http/listen.ts';
import { runEngine } from './engine-process.ts';
import { Throttle } from './throttling.ts';

const throttle = new Throttle();

await runEngine(
  async () => {
    const { default: dynalite } = await import('dynalite');
    const engine = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    // dynalite rethrows a request's error: a client killed in mid-request would end the engine.
    engine.on('request', (request) => request.removeAllListeners('error').on('error', () => {}));
    const { port } = await listen({ host: '127.0.0.1', port: 0 }, (request, response) => {
      throttle.handle(request, response, () => engine.emit('request', request, response));
    });
    return port;
  },
  (throttling) => throttle.set(throttling),
);
