/** What took effect in queue and tables, in order, a line each, with the millisecond it happened. */
export class Journal {
  readonly entries: { readonly line: string; readonly atMs: number }[] = [];

  add(line: string): void {
    this.entries.push({ line, atMs: Date.now() });
  }

  /** The lines that match, in order. */
  lines(pattern: RegExp = /(?:)/): string[] {
    return this.entries.flatMap(({ line }) => (pattern.test(line) ? [line] : []));
  }
}
