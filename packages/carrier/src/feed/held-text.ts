import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Elements of one chunk. A few hundred: enough for long runs, and little is made before it is needed. */
const chunkLength = 512;

const open = Buffer.from('{"ScanEvents":[');
const comma = Buffer.from(',');
const close = Buffer.from(']}');

type Chunk = { bytes: Buffer; packed: boolean; readonly starts: Uint32Array };

/**
 * The JSON of many elements, outside of the JavaScript heap. Neighbours lie side by side with a comma between them, so
 * that most of an answer is one copy.
 */
export class HeldText {
  readonly #readyChunks: number;
  readonly #chunks: Chunk[] = [];
  #open: string[] = [];
  #unpacked: { readonly chunk: Chunk; readonly bytes: Buffer } | undefined;

  /**
   * @param readyChunks how many are kept ready to serve (512: some 70 MB); older ones are packed to a seventh, as readers
   *   rarely go back that far
   */
  constructor(readyChunks = 512) {
    this.#readyChunks = readyChunks;
  }

  get length(): number {
    return this.#chunks.length * chunkLength + this.#open.length;
  }

  push(json: string): void {
    this.#open.push(json);
    if (this.#open.length < chunkLength) return;
    this.#chunks.push(chunkOf(this.#open));
    this.#open = [];
    const old = this.#chunks[this.#chunks.length - 1 - this.#readyChunks];
    if (!old) return;
    old.bytes = deflateRawSync(old.bytes, { level: 1 });
    old.packed = true;
  }

  json(index: number): string {
    return this.#run(index, index).toString();
  }

  /** The elements as one answer of the Scan Event API. */
  answer(indexes: readonly number[]): Buffer {
    const pieces: Buffer[] = [open];
    for (let at = 0; at < indexes.length; ) {
      const first = indexes[at] ?? 0;
      let last = first;
      while (indexes[++at] === last + 1 && (last + 1) % chunkLength !== 0) last++;
      if (pieces.length > 1) pieces.push(comma);
      pieces.push(this.#run(first, last));
    }
    pieces.push(close);
    return Buffer.concat(pieces);
  }

  /** Neighbours of one chunk, from first to last. */
  #run(first: number, last: number): Buffer {
    const chunk = this.#chunks[Math.floor(first / chunkLength)];
    const from = first % chunkLength;
    const to = from + last - first;
    if (!chunk) return Buffer.from(this.#open.slice(from, to + 1).join());
    const bytes = this.#bytesOf(chunk);
    const end = chunk.starts[to + 1] ?? bytes.length + comma.length;
    return bytes.subarray(chunk.starts[from], end - comma.length);
  }

  #bytesOf(chunk: Chunk): Buffer {
    if (!chunk.packed) return chunk.bytes;
    if (this.#unpacked?.chunk !== chunk) this.#unpacked = { chunk, bytes: inflateRawSync(chunk.bytes) };
    return this.#unpacked.bytes;
  }
}

function chunkOf(texts: readonly string[]): Chunk {
  const bytes = Buffer.from(texts.join());
  const starts = new Uint32Array(texts.length);
  let start = 0;
  for (const [index, text] of texts.entries()) {
    starts[index] = start;
    start += Buffer.byteLength(text) + comma.length;
  }
  return { bytes, packed: false, starts };
}
