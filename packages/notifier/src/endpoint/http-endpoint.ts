import { Socket } from 'node:net';
import { Fifo } from '@waybill/consumer/guard/fifo.ts';
import type { Clock } from '@waybill/shared/clock.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { attemptTimeoutMs } from '@waybill/shared/process/connect-attempts.ts';
import { buildConnector, Pool } from 'undici';
import type { AddressPolicy } from '../addresses/address-policy.ts';
import { whyUrlRefused } from '../addresses/check-url.ts';
import { addressRefused, checkedLookup, type LookupAll } from '../addresses/checked-lookup.ts';
import { Attempt } from './attempt.ts';
import { type EndpointName, requestFailure, statusFailure, timedOut } from './endpoint-failure.ts';

export type EndpointOptions = {
  readonly url: URL;
  readonly endpoint: EndpointName;
  readonly policy: AddressPolicy;
  /** Milliseconds that one attempt may take in all, once it is its turn. */
  readonly timeoutMs: number;
  /** Attempts, and so connections, at once. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** `dns.lookup` by default. */
  readonly lookup?: LookupAll | undefined;
};

export type EndpointRequest = {
  readonly method: 'POST' | 'PUT';
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type HttpEndpoint = {
  /**
   * One attempt. `build` makes the request when it is its turn. Resolves with the status, 200 to 299. Rejects with
   * `NOTIFICATION_REFUSED`, `ENDPOINT_UNAVAILABLE`, and `STOPPED` once the signal aborts.
   */
  readonly send: (build: () => EndpointRequest, signal: AbortSignal) => Promise<number>;
  /** Ends all connections. */
  readonly close: () => Promise<void>;
};

/**
 * An endpoint of somebody else's over HTTP/1.1: redirects are not followed, proxies are not used, and only addresses that the
 * policy allows are dialled.
 */
export function httpEndpoint(options: EndpointOptions): HttpEndpoint {
  const { url, endpoint, timeoutMs, clock } = options;
  const dialling = new Set<Socket>();
  const pool = openPool(options, dialling);
  const waiting = new Fifo<() => void>();
  let free = options.concurrency;

  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };

  const begin = (
    build: () => EndpointRequest,
    signal: AbortSignal,
    resolve: (status: number) => void,
    reject: (error: unknown) => void,
  ) => {
    if (signal.aborted) {
      reject(stopped(endpoint));
      return release();
    }
    const attempt = new Attempt((outcome) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      release();
      if ('error' in outcome) return reject(requestFailure(outcome.error, url, endpoint));
      const { status, headers } = outcome;
      if (status >= 200 && status <= 299) return resolve(status);
      reject(statusFailure(status, headers, endpoint, clock.now()));
    });
    const stop = () => attempt.giveUp(stopped(endpoint));
    const timer = setTimeout(() => attempt.giveUp(timedOut(url, endpoint, timeoutMs)), timeoutMs);
    signal.addEventListener('abort', stop);
    pool.dispatch({ ...build(), origin: url.origin }, attempt);
  };

  return {
    send: (build, signal) =>
      new Promise((resolve, reject) => {
        if (free === 0) return waiting.push(() => begin(build, signal, resolve, reject));
        free -= 1;
        begin(build, signal, resolve, reject);
      }),
    close: async () => {
      // The pool leaves a connection that does not come about to its time limit.
      for (const socket of dialling) socket.destroy();
      await pool.destroy();
    },
  };
}

function stopped({ name }: EndpointName): WaybillError {
  return new WaybillError('STOPPED', `the call of ${name} was given up to stop`);
}

/**
 * Without limits of its own for the parts of a request, and their timers: an attempt has one for all.
 *
 * @param dialling has the sockets that are not connected yet
 */
function openPool({ url, policy, timeoutMs, concurrency, lookup }: EndpointOptions, dialling: Set<Socket>): Pool {
  const dial = buildConnector({
    allowH2: false,
    timeout: timeoutMs,
    lookup: checkedLookup(policy, lookup),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptTimeoutMs(timeoutMs),
  });
  // `net.connect` looks up names alone: an address in the URL is checked here.
  const refusal = whyUrlRefused(url, policy);
  return new Pool(url.origin, {
    connections: concurrency,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (connection, callback) => {
      if (refusal !== undefined) return callback(addressRefused(refusal), null);
      // Its type keeps from us that it returns the socket.
      const socket: unknown = dial(connection, (...connected) => {
        if (socket instanceof Socket) dialling.delete(socket);
        callback(...connected);
      });
      if (socket instanceof Socket) dialling.add(socket);
    },
  });
}
