import { runbookText, shellLines } from '../../infra/test/runbook.ts';

/** A `waybill` command of the runbook. */
export type WaybillLine = {
  /** From `waybill` on, as it stands there. */
  readonly line: string;
  /** What follows `waybill`. Variables of the shell stand as `$NAME`. */
  readonly args: readonly string[];
};

type SimpleCommand = { readonly words: readonly string[]; readonly text: string };

/** Every `waybill` command in the runbook's blocks of shell code, each once. */
export function waybillLines(): readonly WaybillLine[] {
  const found = shellLines().flatMap((line) =>
    simpleCommands(line).flatMap(({ words, text }) => {
      const [name, ...args] = withoutPrefix(words);
      return name === 'waybill' && args.length > 0 ? [{ line: text.slice(text.indexOf('waybill')), args }] : [];
    }),
  );
  return [...new Map(found.map((each) => [each.line, each])).values()];
}

/** Every `waybill` command that the text itself names between backticks, without `waybill`. */
export function waybillSpans(): readonly string[] {
  const prose = runbookText.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
  return [...new Set([...prose.matchAll(/`waybill ([^`]+)`/g)].map(([, rest = '']) => rest))];
}

/** Without assignments and `npx`. */
function withoutPrefix(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => !/^\w+=/.test(word) && word !== 'npx');
  return at < 0 ? [] : words.slice(at);
}

/** The commands that stand on one line with `&&`, `||`, `|` or `;` between them. Quotes are taken off. */
function simpleCommands(line: string): readonly SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let words: string[] = [];
  let text = '';
  const end = () => {
    if (words.length > 0) commands.push({ words, text: text.trim() });
    words = [];
    text = '';
  };
  for (const [token] of line.matchAll(/\s+|&&|\|\|?|;|(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'";&|\\])+|./g)) {
    if (['&&', '||', '|', ';'].includes(token)) end();
    else {
      text += token;
      // Where an output goes (`>file`) is the shell's affair.
      if (token.trim() !== '' && !token.startsWith('>')) words.push(unquoted(token));
    }
  }
  end();
  return commands;
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g, (_, single, double, escaped) =>
    single !== undefined ? single : double !== undefined ? double.replaceAll(/\\(["\\$`])/g, '$1') : escaped,
  );
}
