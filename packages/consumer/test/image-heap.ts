/** `heap_size_limit` of V8 under the images' flags (`node-flags.ts`), bytes. */
export const imageHeapBytes = 216 * 2 ** 20;
