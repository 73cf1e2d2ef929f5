/**
 * What to say of a standard output that cannot be written, as on a disk that is full: what was printed is not whole. Undefined
 * where its reader has gone, which has what it wanted.
 */
export function lostOutput(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EPIPE') return undefined;
  return `Standard output cannot be written${code === undefined ? '' : ` (${code})`}`;
}
