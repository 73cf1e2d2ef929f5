/** A command line in lines of at most `width` characters, which a shell takes as one. A longer word stays whole. */
export function shellLines(line: string, width: number): string[] {
  const [, indent = '', rest = ''] = /^( *)(.*)$/s.exec(line) ?? [];
  const lines: string[] = [];
  let current = indent;
  // A word is what is between spaces that no quotes enclose; a flag stays with its value.
  const words = rest.match(/(?:--?[\w-]+ (?=[^-\s]))?(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  for (const [at, word] of words.entries()) {
    const isFirst = current.trim() === '';
    const end = at === words.length - 1 ? '' : ' \\';
    if (!isFirst && `${current} ${word}${end}`.length > width) {
      lines.push(`${current} \\`);
      current = `${indent}  ${word}`;
    } else current = isFirst ? current + word : `${current} ${word}`;
  }
  return [...lines, current];
}
