import { createHash } from 'node:crypto';
import type { Random } from '@waybill/shared/clock.ts';

/** An id that sorts by time to the millisecond: `20261128T221530123-1f2e3d4c5a6b`. */
export function batchIdOf(nowMs: number, random: Random): string {
  const time = new Date(nowMs).toISOString().replace(/[-:.Z]/g, '');
  return `${time}-${randomHex(random)}`;
}

/** Characters of {@link batchIdOf}. */
export const batchIdLength = '20261128T221530123-1f2e3d4c5a6b'.length;

/** The id under which an idempotency key of a caller is kept beside the batches. */
export function keyIdOf(callerName: string, key: string): string {
  return `key-${createHash('sha256')
    .update(JSON.stringify([callerName, key]))
    .digest('hex')}`;
}

/** 48 random bits: two batches of one millisecond have the same once in years, and then the second is refused. */
export function randomHex(random: Random): string {
  return Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}
