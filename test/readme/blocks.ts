/** A fenced block of a Markdown page. */
export type Block = {
  /** The heading above it, and which of the heading's blocks it is: `Try it 2`. */
  readonly name: string;
  readonly language: string;
  readonly text: string;
};

/** The blocks of these languages, in order. */
export function blocksOf(markdown: string, languages: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let heading = '';
  let count = 0;
  for (const [, title, language = '', text = ''] of markdown.matchAll(/^#+ (.+)$|^ *```(\w*)\n([\s\S]*?)^ *```$/gm)) {
    if (title !== undefined) {
      heading = title;
      count = 0;
    } else if (languages.includes(language)) {
      count += 1;
      blocks.push({ name: `${heading} ${count}`, language, text });
    }
  }
  return blocks;
}

/** Lines with a comment behind a command. Pasted into zsh, its words are arguments. */
export function trailingComments({ text }: Block): readonly string[] {
  return text.split('\n').filter((line) => /\S\s+#\s/.test(line) && !/^\s*#/.test(line));
}
