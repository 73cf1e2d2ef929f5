import { WaybillError } from '@waybill/shared/error.ts';
import { limits } from '@waybill/shared/resources.ts';

/** Heap of a process that holds no message, bytes: 38 MiB measured, and what one response takes while it is read. */
const idleBytes = 48 * 2 ** 20;
/** Share of the rest that what is in hand may take: live objects beyond it leave the garbage collector too little room. */
const share = 0.65;
/** Text that one receive may bring: ten messages of 256 KiB, one byte for each character. */
const receiveBytes = limits.batchEntries * limits.sendBytes;
/** Share of the budget that receives in flight may bring. The rest is for what they brought. */
const receivesShare = 0.25;
/** Until a message was read: heap for each character of text. One event of 140 characters takes 4,100 bytes (decision 79). */
const firstPerCharacter = 32;
/** Smallest budget: one receive in flight, one that was brought, and the decoded events of one message of 256 KiB. */
const leastBytes = 2 * receiveBytes + firstPerCharacter * limits.sendBytes;

export type BudgetDependencies = {
  /** `heap_size_limit` of V8, bytes: what the process's flags allow. */
  readonly heapBytes: number;
  /** `bytes`: characters of all bodies in hand. */
  readonly inHand: { readonly bytes: number };
};

/**
 * The heap that what is in hand may take, whatever the number of receivers and the size of messages. Text in hand, the
 * text that receives in flight may bring, and the messages whose work has begun count alike.
 */
export class HandBudget {
  readonly #bytes: number;
  readonly #inHand: { readonly bytes: number };
  #perCharacter = firstPerCharacter;
  #begun = 0;
  #begunBytes = 0;

  constructor({ heapBytes, inHand }: BudgetDependencies) {
    this.#bytes = budgetBytes(heapBytes);
    this.#inHand = inHand;
  }

  /** Receives in flight at once, of messages of any size. */
  get mostReceives(): number {
    return Math.max(1, Math.floor((this.#bytes * receivesShare) / receiveBytes));
  }

  /** Whether the work on a message of this many characters fits. The only message at work always does, however large it is. */
  fits(characters: number): boolean {
    return this.#begun === 0 || characters * this.#perCharacter <= this.#free;
  }

  /** Whether what this many receives may bring fits. */
  fitsReceives(receives: number): boolean {
    return receives * receiveBytes <= this.#free;
  }

  /**
   * The work on a message begins, which takes this much heap besides its text.
   *
   * @returns ends it; to be called once
   */
  begin(heapBytes: number, characters: number): () => void {
    this.#perCharacter = heapBytes / Math.max(1, characters);
    this.#begun += 1;
    this.#begunBytes += heapBytes;
    return () => {
      this.#begun -= 1;
      this.#begunBytes -= heapBytes;
    };
  }

  get #free(): number {
    return this.#bytes - this.#begunBytes - this.#inHand.bytes;
  }
}

/** Throws `CONFIG_INVALID` where the heap does not hold one receive and the work on one message. */
export function budgetBytes(heapBytes: number): number {
  const bytes = (heapBytes - idleBytes) * share;
  if (bytes >= leastBytes) return bytes;
  const needed = Math.ceil((leastBytes / share + idleBytes) / 2 ** 20);
  const has = Math.floor(heapBytes / 2 ** 20);
  const text = `The heap of ${has} MiB is too small for a receive of messages of 256 KiB: it needs ${needed} MiB; raise Node's --max-old-space-size`;
  throw new WaybillError('CONFIG_INVALID', text);
}
