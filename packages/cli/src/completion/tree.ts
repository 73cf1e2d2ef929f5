import { type Command, flagOf, optionsOf } from '../command/command.ts';

/** What may follow the words typed so far. */
export type Place = {
  /** The words: `operations list`; empty after `waybill` itself. */
  readonly path: string;
  readonly words: readonly Word[];
  /** The flags after which a value follows, each with the words that it may be. */
  readonly values: readonly { readonly flag: string; readonly words: readonly string[] }[];
};

export type Word = { readonly word: string; readonly says: string };

export type Shell = 'bash' | 'zsh' | 'fish';

/** The places at which something can be completed: after `waybill`, after each group, after each command. */
export function placesOf(commands: readonly Command[], groups: Readonly<Record<string, string>>): readonly Place[] {
  const paths = new Map<string, Map<string, string>>();
  const add = (path: string, word: string, says: string) => {
    const words = paths.get(path) ?? new Map<string, string>();
    if (!words.has(word)) words.set(word, says);
    paths.set(path, words);
  };
  for (const { name, summary } of commands) {
    const words = name.split(' ');
    for (const [at, word] of words.entries()) {
      const path = words.slice(0, at + 1).join(' ');
      add(words.slice(0, at).join(' '), word, path === name ? summary : (groups[path] ?? ''));
    }
  }
  const leaves = commands.map((command): Place => {
    const flags = Object.entries(optionsOf(command)).map(([name, option]) => ({ flag: flagOf(name), option }));
    return {
      path: command.name,
      words: [
        ...[...(paths.get(command.name) ?? [])].map(([word, says]) => ({ word, says })),
        ...flags.map(({ flag, option }) => ({ word: flag, says: option.says })),
        { word: '--help', says: 'print its help' },
        ...Object.values(command.arguments).flatMap(({ choices = [] }) => choices.map((word) => ({ word, says: '' }))),
      ],
      values: flags.flatMap(({ flag, option: { kind, choices = [] } }) =>
        kind === 'flag' ? [] : [{ flag, words: choices }],
      ),
    };
  });
  const own = new Set(leaves.map(({ path }) => path));
  const inner = [...paths]
    .filter(([path]) => !own.has(path))
    .map(([path, words]): Place => {
      const flags = [{ word: '--help', says: 'print the help' }];
      if (path === '') flags.push({ word: '--version', says: 'print the version' });
      return { path, words: [...[...words].map(([word, says]) => ({ word, says })), ...flags], values: [] };
    });
  return [...inner, ...leaves];
}
