import { systemClock } from '@waybill/shared/clock.ts';
import type { MessageSender } from '@waybill/shared/queue/message-queue.ts';
import { leasedQueue } from '../src/queue/leased-queue.ts';
import { recordedLog } from './observed.ts';

/** The queue under a lease that is always held. */
export function leasedSender(queue: MessageSender, ending: AbortSignal): MessageSender {
  const lease = { heldUntil: Number.POSITIVE_INFINITY, ensureHeld: async () => {} };
  const { log } = recordedLog();
  return leasedQueue({ queue, lease, clock: systemClock, log, reportHealth: () => undefined }, ending);
}
