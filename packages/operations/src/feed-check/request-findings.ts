import { counted, shownNumber as shown } from '@waybill/shared/counted.ts';
import { type Finding, good, medianOf, note } from './finding.ts';
import type { RequestLog } from './questions.ts';

/** A request that takes more than this share of its time limit is near to failing. */
const nearLimit = 0.5;

/** What the requests themselves say: compression, pauses, failures on the way, speed. `timeoutMs`: of one request. */
export function requestFindings(log: RequestLog, timeoutMs: number): readonly Finding[] {
  return [...compression(log), ...retryAfter(log), ...failures(log), ...speed(log, timeoutMs)];
}

function compression({ codings }: RequestLog): readonly Finding[] {
  if (codings.length === 0) return [];
  const compressed = codings.filter(({ length }) => length > 0);
  // Whatever was read has a coding that is understood: none of these names is the server's own text.
  const names = [...new Set(compressed.flat())].toSorted().join(', ');
  return compressed.length === 0
    ? [
        note(
          'compression',
          'Pages come uncompressed, though gzip and deflate were offered: reading takes more of the network than it needs.',
        ),
      ]
    : [good('compression', `Pages come compressed (${names}).`)];
}

function retryAfter({ notNow: { answers, withRetryAfter, longestMs } }: RequestLog): readonly Finding[] {
  if (answers === 0) return [];
  const said = `The API refused ${counted(answers, 'request')} for now (status 429 or 503)`;
  return withRetryAfter === 0
    ? [
        note(
          'retry-after',
          `${said}, without Retry-After: Waybill waits for longer with each failure. If they were 429, lower SCAN_API_REQUESTS_PER_SECOND.`,
        ),
      ]
    : [
        note(
          'retry-after',
          `${said}, and named a time to wait with Retry-After (${seconds(longestMs)} at most), which Waybill obeys. If they were 429, lower SCAN_API_REQUESTS_PER_SECOND.`,
        ),
      ];
}

function failures({ failures: seen, requests }: RequestLog): readonly Finding[] {
  const count = [...seen.values()].reduce((a, b) => a + b, 0);
  if (count === 0) return [];
  const names = [...seen].map(([name, times]) => `${shown(times)} × ${name}`).join(', ');
  return [
    note(
      'failures',
      `${shown(count)} of ${counted(requests, 'request')} brought no page: ${names}. Waybill repeats such requests.`,
    ),
  ];
}

function speed({ durationsMs }: RequestLog, timeoutMs: number): readonly Finding[] {
  if (durationsMs.length === 0) return [];
  const slowest = durationsMs.reduce((a, b) => Math.max(a, b), 0);
  const took = `A page takes ${milliseconds(medianOf(durationsMs))} (median of ${shown(durationsMs.length)}), ${milliseconds(slowest)} at most`;
  return slowest > timeoutMs * nearLimit
    ? [note('speed', `${took}: that is near SCAN_API_TIMEOUT_MS (${shown(timeoutMs)}).`)]
    : [good('speed', `${took}.`)];
}

function milliseconds(ms: number): string {
  return `${shown(Math.round(ms))} ms`;
}

function seconds(ms: number): string {
  return `${shown(Math.ceil(ms / 1_000))} s`;
}
