import autocannon from 'autocannon';

/** What clients saw who asked as fast as they got answers. */
export type Fired = {
  readonly answers: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly byStatus: Readonly<Record<number, number>>;
  /** Requests without an answer. */
  readonly errors: number;
};

/** Fires requests at a server by autocannon, closed loop: each connection asks again once it has its answer. */
export async function fire(options: autocannon.Options): Promise<Fired> {
  const latencies: number[] = [];
  const byStatus: Record<number, number> = {};
  let startedAt = performance.now();
  let lastAt = startedAt;
  const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>();
  const instance = autocannon(options, (error: unknown, result) => (error ? reject(error) : resolve(result)));
  instance.on('start', () => {
    startedAt = performance.now();
  });
  instance.on('response', (_client, status, _bytes, responseMs) => {
    latencies.push(responseMs);
    byStatus[status] = (byStatus[status] ?? 0) + 1;
    lastAt = performance.now();
  });
  const { errors, timeouts } = await promise;
  const seconds = (lastAt - startedAt) / 1_000;
  return { ...ofLatencies(latencies, seconds), byStatus, errors: errors + timeouts };
}

/** Rate and quantiles of these latencies, in milliseconds. */
export function ofLatencies(latencies: readonly number[], seconds: number) {
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    answers: latencies.length,
    seconds,
    perSecond: seconds > 0 ? latencies.length / seconds : 0,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}
