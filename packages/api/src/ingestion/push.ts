import type { Caller } from '../access/caller.ts';
import type { PreparedPush, RejectedElement } from './prepare-push.ts';

/** One request that brings scan events. */
export type Push = {
  readonly caller: Caller;
  /** The caller's own name of the push; without one each request is a push of its own. */
  readonly key?: string;
  /** Of the body, decompressed; hexadecimal. */
  readonly bodySha256: string;
  readonly prepared: PreparedPush;
};

/** What became of a push. */
export type PushOutcome =
  /** Every event is confirmed on the queue. A repetition: it was before, and nothing was sent anew. */
  | {
      readonly kind: 'accepted';
      readonly batchId: string;
      /** Events. */
      readonly accepted: number;
      readonly rejected: readonly RejectedElement[];
      readonly isRepetition: boolean;
    }
  /** Nothing is recorded, and the key stays free. */
  | { readonly kind: 'nothing acceptable'; readonly rejected: readonly RejectedElement[] }
  /** The key stands for another body. */
  | { readonly kind: 'key reused' }
  /** Another request with the key is at work. */
  | { readonly kind: 'under way'; readonly retryAfterSeconds: number }
  /** Part of it may be on the queue. */
  | { readonly kind: 'not confirmed'; readonly retryAfterSeconds: number };
