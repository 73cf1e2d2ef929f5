/** The words of an example's line as a shell splits them, up to a pipe or a redirection. */
export function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
  const end = words.findIndex((word) => ['|', '>', '>>', '&&'].includes(word));
  return end === -1 ? words : words.slice(0, end);
}
