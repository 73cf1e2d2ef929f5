import type { ReceivedMessage } from '@waybill/shared/queue/message-queue.ts';

/** Messages that are remembered at most, some 100 bytes each. A further one waits. */
const mostRemembered = 1_000;

/**
 * Messages that were received more often than the redrive policy allows. Either nothing moves them any more, because the
 * dead-letter queue was deleted, or only their count is old: LocalStack's redrive keeps it, and AWS's documentation promises
 * a new message id, but no new count. So each may be returned at once as often as the policy of a new message would allow.
 */
export class OverdueReturns {
  readonly #maxReceiveCount: number;
  readonly #returned = new Map<string, number>();

  constructor({ maxReceiveCount }: { readonly maxReceiveCount: number }) {
    this.#maxReceiveCount = maxReceiveCount;
  }

  /** Whether nothing seems to move this message, which is about to be returned, any more. */
  isStuck({ messageId, receiveCount }: ReceivedMessage): boolean {
    if (receiveCount <= this.#maxReceiveCount) return false;
    const before = this.#returned.get(messageId) ?? 0;
    if (before >= this.#maxReceiveCount) return true;
    if (before === 0 && this.#returned.size >= mostRemembered) return true;
    this.#returned.set(messageId, before + 1);
    return false;
  }
}
