import { parseArgs } from 'node:util';

/** The flags of a command, by name without dashes. */
export type Flags = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }>>;

export type GivenFlags<Name extends string> = {
  readonly values: ReadonlyMap<Name, string | undefined>;
  /** What is no flag, where the command takes it. */
  readonly words: readonly string[];
  /** One line for each mistake. */
  readonly problems: readonly string[];
};

/**
 * Reads a command line, and collects every mistake in it.
 *
 * @param hint added to the message about an argument that is not a flag
 * @param mostWords how many arguments that are no flags it takes
 */
export function readFlags<const F extends Flags>(
  flags: F,
  args: readonly string[],
  { hint = '', mostWords = 0 }: { readonly hint?: string; readonly mostWords?: number } = {},
): GivenFlags<keyof F & string> {
  // Not strict: that would throw at the first mistake, and all should be shown.
  const { tokens } = parseArgs({
    args: [...args],
    options: flags,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const isFlag = (name: string): name is keyof F & string => Object.hasOwn(flags, name);
  const values = new Map<keyof F & string, string | undefined>();
  const words: string[] = [];
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (words.length < mostWords) words.push(token.value);
      else
        problems.push(`expected ${mostWords === 0 ? 'flags only' : 'less'}, got ${JSON.stringify(token.value)}${hint}`);
    }
    if (token.kind !== 'option') continue;
    const problem = problemOf(flags, token);
    if (problem) problems.push(problem);
    else if (isFlag(token.name)) values.set(token.name, token.value);
  }
  return { values, words, problems };
}

type OptionToken = { readonly name: string; readonly rawName: string; readonly value?: string | undefined };

function problemOf(flags: Flags, { name, rawName, value }: OptionToken): string | undefined {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (!flag) {
    const names = Object.keys(flags).map((known) => `--${known}`);
    return `expected one of ${names.join(', ')}, got ${JSON.stringify(rawName)}`;
  }
  if (flag.type === 'boolean') {
    return value === undefined ? undefined : `${rawName} expected no value, got ${JSON.stringify(value)}`;
  }
  const isMissing = value === undefined || value === '' || value.startsWith('--');
  return isMissing ? `${rawName} expected a value, got ${value ? JSON.stringify(value) : 'none'}` : undefined;
}
