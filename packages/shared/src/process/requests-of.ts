import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';

/** Where Node tells of each HTTP request that this process begins. */
const channel = 'http.client.request.created';

/**
 * Runs `work` and, when `isOver` aborts, ends every HTTP request that it has begun, and those that it still begins: for
 * code of others that takes no signal. Without it each request that is never answered keeps a socket for ever.
 */
export async function endRequestsOf<T>(work: () => Promise<T>, isOver: AbortSignal): Promise<T> {
  const begun = new Set<ClientRequest>();
  const mine = new AsyncLocalStorage<true>();
  const onRequest = (message: unknown) => {
    if (!mine.getStore() || typeof message !== 'object' || message === null || !('request' in message)) return;
    const { request } = message;
    if (!(request instanceof ClientRequest)) return;
    if (isOver.aborted) return void request.destroy();
    begun.add(request);
    request.once('close', () => begun.delete(request));
  };
  isOver.addEventListener('abort', () => {
    for (const request of begun) request.destroy();
  });
  subscribe(channel, onRequest);
  try {
    return await mine.run(true, work);
  } finally {
    unsubscribe(channel, onRequest);
  }
}
