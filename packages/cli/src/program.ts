import { wrap } from '@waybill/shared/wrap.ts';
import { Argument, Command as Commander, InvalidArgumentError, Option } from 'commander';
import { type Command, type Example, flagOf, frameOptions, type Given, optionsOf } from './command/command.ts';
import { groups } from './command/groups.ts';
import type { Option as OptionSpec } from './command/options.ts';
import type { Parser } from './command/parsers.ts';
import { shellLines } from './output/shell-lines.ts';
import type { Choices } from './tools/choices.ts';

export type ProgramOptions = {
  readonly version: string;
  readonly columns: number;
  readonly writeOut: (text: string) => void;
  /** What commander says is wrong with the command line; it throws its error after that. */
  readonly writeError: (text: string) => void;
  readonly run: (command: Command, given: Given, choices: Choices) => Promise<void>;
};

/** Commander's program with these commands; a group for each first word that several share. */
export function createProgram(commands: readonly Command[], options: ProgramOptions): Commander {
  const { version, columns, writeOut, writeError, run } = options;
  const program = new Commander('waybill')
    .description('Asks and mends a Waybill deployment. It needs AWS only, no running process.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this text')
    .helpCommand(false)
    // Of `parcel repair 5002 --json` the option is not `parcel`'s, which has one of that name.
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('before', `${exampleLines(firstExamples(commands, /^(status|parcel|failures groups)$/), columns)}\n`)
    .showHelpAfterError('  Try: waybill --help')
    .configureOutput({
      writeOut,
      writeErr: (text) => writeError(plainly(text)),
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    });
  for (const command of commands) {
    const words = command.name.split(' ');
    const last = words.pop() ?? command.name;
    const own = groupOf(program, words, (name) => {
      const inGroup = firstExamples(commands, new RegExp(`^${name} `));
      return exampleLines(inGroup, columns);
    })
      .command(last)
      .description(command.summary)
      .summary(command.summary)
      .showHelpAfterError(`  Try: waybill ${command.name} --help`);
    own.addHelpText('before', `${exampleLines(command.examples, columns)}\n`);
    if (command.details !== undefined) own.addHelpText('after', `\n${wrap(command.details, columns).join('\n')}`);
    const named = Object.entries(command.arguments);
    for (const [, { placeholder, says, parse }] of named)
      own.addArgument(new Argument(`<${placeholder}>`, says).argParser(parserOf(parse)));
    const specs = optionsOf(command);
    for (const [name, spec] of Object.entries(specs)) own.addOption(optionOf(name, spec));
    own.action(async (...passed: unknown[]) => {
      const given = own.opts();
      const valueIn = ([name, spec]: readonly [string, OptionSpec<unknown>]) =>
        [name, given[name] === undefined ? spec.absent() : given[name]] as const;
      const all = Object.fromEntries(Object.entries({ ...frameOptions, ...specs }).map(valueIn));
      const positional = named.map(([name, { absent }], at) => [name, passed[at] ?? absent()]);
      // Each value was made by the parser of the very spec that gives its type.
      const choices = all as unknown as Choices;
      await run(command, { options: all, arguments: Object.fromEntries(positional) }, choices);
    });
  }
  return program;
}

/** The examples with which a help begins. */
function exampleLines(examples: readonly Example[], columns: number): string {
  const lines = examples.flatMap(({ line, says }) => [...shellLines(`  waybill ${line}`, columns), `      ${says}`]);
  return `Examples:\n${lines.join('\n')}`;
}

/** The first example of each command of such a name. */
function firstExamples(commands: readonly Command[], names: RegExp): readonly Example[] {
  return commands.filter(({ name }) => names.test(name)).map(({ examples: [first] }) => first);
}

/** What commander says of a wrong value, in fewer words. */
function plainly(text: string): string {
  return text
    .replace(/^error: command-argument value .* is invalid for argument '(.+?)'\. /s, 'error: $1: ')
    .replace(/^error: option '(\S+).*?' argument .* is invalid\. /s, 'error: $1: ');
}

function groupOf(program: Commander, words: readonly string[], examplesOf: (group: string) => string): Commander {
  return words.reduce((parent, word) => {
    const found = parent.commands.find((each) => each.name() === word);
    return (
      found ??
      parent
        .command(word)
        .description(groups[word] ?? '')
        .addHelpText('before', `${examplesOf(word)}\n`)
        .showHelpAfterError(`  Try: waybill ${word} --help`)
        .helpCommand(false)
    );
  }, program);
}

function optionOf(name: string, spec: OptionSpec<unknown>): Option {
  const { kind, placeholder, says, parse, choices, isRequired, shownDefault } = spec;
  const words = `${says}${shownDefault === undefined ? '' : ` (default ${shownDefault})`}${choices ? `: ${choices.join(', ')}` : ''}`;
  const option = new Option(kind === 'flag' ? flagOf(name) : `${flagOf(name)} <${placeholder ?? 'VALUE'}>`, words);
  if (isRequired) option.makeOptionMandatory();
  return parse ? option.argParser(parserOf(parse, kind === 'list')) : option;
}

function parserOf(parse: Parser<unknown>, isList = false) {
  return (text: string, previous: unknown) => {
    const read = parse(text);
    if ('problem' in read) throw new InvalidArgumentError(`${read.problem}, got ${JSON.stringify(text)}`);
    return isList ? [...(Array.isArray(previous) ? previous : []), read.value] : read.value;
  };
}
