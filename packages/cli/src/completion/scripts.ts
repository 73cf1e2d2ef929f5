import type { Place, Shell } from './tree.ts';

/** The script that a shell sources. It holds all words itself: to complete takes no start of a program. */
export function completionScript(shell: Shell, places: readonly Place[]): readonly string[] {
  return { bash, zsh, fish }[shell](places);
}

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Words typed so far that are commands, joined: what all three scripts find first. A shell's `case` on all known paths. */
function knownPaths(places: readonly Place[]): string {
  return places.flatMap(({ path }) => (path === '' ? [] : [quoted(path)])).join('|');
}

function bash(places: readonly Place[]): readonly string[] {
  return [
    '# waybill completion for bash: source <(waybill completion bash)',
    '_waybill() {',
    "  local path='' word words='' at",
    `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"`,
    '  for ((at = 1; at < COMP_CWORD; at++)); do',
    `    word="$path\${path:+ }\${COMP_WORDS[at]}"`,
    `    case "$word" in ${knownPaths(places)}) path="$word" ;; esac`,
    '  done',
    '  case "$path $previous" in',
    ...places.flatMap(({ path, values }) =>
      values.map(({ flag, words }) => `    ${quoted(`${path} ${flag}`)}) words=${quoted(words.join(' '))} ;;`),
    ),
    '    *) case "$path" in',
    ...places.map(
      ({ path, words }) => `      ${quoted(path)}) words=${quoted(words.map(({ word }) => word).join(' '))} ;;`,
    ),
    '    esac ;;',
    '  esac',
    // Not mapfile: the bash of macOS has none. No word has a blank in it.
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -F _waybill waybill',
  ];
}

function zsh(places: readonly Place[]): readonly string[] {
  const described = ({ word, says }: Place['words'][number]) =>
    quoted(`${word.replaceAll(':', String.raw`\:`)}:${says}`);
  return [
    '#compdef waybill',
    '# waybill completion for zsh: source <(waybill completion zsh), after compinit',
    '_waybill() {',
    "  local route='' word at",
    '  local -a offered',
    '  for ((at = 2; at < CURRENT; at++)); do',
    `    word="$route\${route:+ }\${words[at]}"`,
    `    case "$word" in ${knownPaths(places)}) route="$word" ;; esac`,
    '  done',
    `  case "$route \${words[CURRENT-1]}" in`,
    ...places.flatMap(({ path, values }) =>
      values.map(({ flag, words }) => `    ${quoted(`${path} ${flag}`)}) offered=(${words.map(quoted).join(' ')}) ;;`),
    ),
    '    *) case "$route" in',
    ...places.map(({ path, words }) => `      ${quoted(path)}) offered=(${words.map(described).join(' ')}) ;;`),
    '    esac ;;',
    '  esac',
    "  _describe 'waybill' offered",
    '}',
    'compdef _waybill waybill',
  ];
}

function fish(places: readonly Place[]): readonly string[] {
  const at = (path: string) => quoted(`__waybill_at ${quoted(path)}`);
  return [
    '# waybill completion for fish: waybill completion fish | source',
    'function __waybill_path',
    "  set -l path ''",
    '  for word in (commandline -opc)[2..]',
    '    set -l longer (string trim -- "$path $word")',
    `    contains -- "$longer" ${knownPaths(places).replaceAll('|', ' ')}; and set path "$longer"`,
    '  end',
    '  echo $path',
    'end',
    'function __waybill_at',
    '  test (__waybill_path) = "$argv[1]"',
    'end',
    'complete -c waybill -f',
    ...places.flatMap(({ path, words, values }) => {
      const valued = new Map(values.map(({ flag, words: of }) => [flag, of]));
      return words.map(({ word, says }) => {
        const long = /^--(.+)/.exec(word)?.[1];
        if (long === undefined) return `complete -c waybill -n ${at(path)} -a ${quoted(word)} -d ${quoted(says)}`;
        const of = valued.get(word);
        const value = of === undefined ? '' : ` -x -a ${quoted(of.join(' '))}`;
        return `complete -c waybill -n ${at(path)} -l ${long}${value} -d ${quoted(says)}`;
      });
    }),
  ];
}
