import type { Readable } from 'node:stream';

/** The first `max` bytes of the body, and whether there were more, which are not read. Rejects where the body breaks off. */
export async function bytesOf(
  body: Readable,
  max: number,
): Promise<{ readonly bytes: Buffer; readonly isCut: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop destroys the stream.
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > max) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, max), isCut: length > max };
}
