import { collectDefaultMetrics, Registry } from 'prom-client';

/** Milliseconds between two looks at the event loop: a delay shorter than this harms nothing here, and a quarter of a core has few to spare. */
const loopPrecisionMs = 20;

/**
 * What Prometheus has of every process, under the names that its client libraries share: CPU, memory, heap, garbage
 * collection, delay of the event loop, file descriptors, the start. They are read when they are fetched, and are neither in
 * `metrics.ts` nor on CloudWatch, where each would cost money every month. To be called once in a process.
 *
 * @returns the page's text
 */
export function processMetrics(): () => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopPrecisionMs });
  return () => registry.metrics();
}
