import { writeFileSync } from 'node:fs';
import type { z } from 'zod';
import { WaybillError } from '../error.ts';
import { wrap } from '../wrap.ts';
import { describeVariable } from './env.ts';
import { type Flags, type GivenFlags, readFlags } from './flags.ts';
import { exitOnFailedStart } from './lifecycle.ts';
import { lostOutput } from './lost-output.ts';
import { requireNode24 } from './node-24.ts';
import { commonVariables } from './process-config.ts';

export type ProgramFlags = Readonly<
  Record<string, Flags[string] & { readonly placeholder?: string; readonly says: string }>
>;

/** A program that a person starts: what its `--help` says of it. */
export type Program<F extends ProgramFlags = ProgramFlags> = {
  /** As one types it: `npm run poller`. */
  readonly command: string;
  /** What it is and does. */
  readonly says: string;
  readonly flags?: F;
  /** The one argument that it takes besides flags. */
  readonly word?: { readonly placeholder: string; readonly says: string };
  /** The schemas of its variables, from which docs/configuration.md is made, too. */
  readonly variables?: Readonly<Record<string, z.ZodType>>;
  readonly examples: readonly { readonly line: string; readonly says: string }[];
  readonly exitCode: string;
  /** Files of the repository. */
  readonly docs: readonly string[];
};

/** Every program has it. */
const helpFlag = { help: { type: 'boolean', short: 'h', says: 'this text' } } as const satisfies ProgramFlags;

const columns = 80;

/** What `--help` prints, in lines that a terminal of 80 columns shows. */
export function helpText({ command, says, flags, word, variables = {}, examples, exitCode, docs }: Program): string {
  const shown = (name: string, { short, placeholder }: ProgramFlags[string]) =>
    `${short === undefined ? '' : `-${short}, `}--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`;
  const own = Object.entries(variables).filter(([name]) => !(name in commonVariables));
  const common = Object.entries(variables).filter(([name]) => name in commonVariables);
  return [
    `${command}${needsDashes(command) ? ' [-- flags]' : ' [flags]'}${word ? ` [${word.placeholder}]` : ''}`,
    '',
    ...wrap(says, columns),
    '',
    'Examples:',
    ...examples.flatMap((example) => [`  ${example.line}`, ...indented(example.says)]),
    '',
    'Flags:',
    ...(word ? [`  ${word.placeholder}`, ...indented(word.says)] : []),
    ...Object.entries({ ...flags, ...helpFlag }).flatMap(([name, flag]) => [
      `  ${shown(name, flag)}`,
      ...indented(flag.says),
    ]),
    ...variableLines('Variables', own),
    ...variableLines('Variables of every process', common),
    '',
    ...wrap(`Exit code: ${exitCode}`, columns),
    ...wrap(`More: ${docs.join(', ')}`, columns),
    '',
  ].join('\n');
}

function variableLines(heading: string, variables: readonly (readonly [string, z.ZodType])[]): string[] {
  if (variables.length === 0) return [];
  const lines = variables.flatMap(([name, schema]) => {
    const { default: fallback = '', meaning = '' } = describeVariable(schema) ?? {};
    return [`  ${name} (${plain(fallback)})`, ...indented(plain(meaning))];
  });
  return ['', `${heading}, with their defaults:`, ...lines];
}

/** Without the marks of Markdown. */
function plain(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', '');
}

function indented(text: string): string[] {
  return wrap(text, columns - 6).map((line) => `      ${line}`);
}

/** npm keeps to itself what does not follow `--`. */
function needsDashes(command: string): boolean {
  return /^npm (run|start)\b/.test(command);
}

/** The command with a flag, as one types it. */
function withFlags(command: string, flags: string): string {
  return `${command}${needsDashes(command) ? ' --' : ''} ${flags}`;
}

/** The flags of this command line, or `help`. Every mistake is one of its `problems`. */
export function readProgramFlags<const F extends ProgramFlags>(
  { flags, word, command }: Program<F>,
  args: readonly string[],
): GivenFlags<keyof F & string> | 'help' {
  const all = { ...flags, ...helpFlag } as F & typeof helpFlag;
  const hint = needsDashes(command) ? ` (npm passes on what follows --: ${withFlags(command, '--help')})` : '';
  const given = readFlags(all, args, { hint, mostWords: word ? 1 : 0 });
  if (given.values.has('help')) return 'help';
  // `help` is not among them any more.
  return given as GivenFlags<keyof F & string>;
}

/**
 * The beginning of every `main.ts`: what its command line gives. Ends the process with 0 after `--help` or `-h`, and with 2 and one
 * line on a Node other than 24 or after a wrong command line. From here on a reader of standard output that has gone (`| head`)
 * ends it without a stack ({@link onUnread}).
 */
export function givenOrExit<const F extends ProgramFlags>(program: Program<F>): GivenFlags<keyof F & string> {
  return optionsOrExit(
    () => helpText(program),
    (args) => {
      const given = readProgramFlags(program, args);
      if (given === 'help' || given.problems.length === 0) return given;
      const { command } = program;
      const problems = given.problems.join('; ');
      throw new WaybillError('CONFIG_INVALID', `${command}: ${problems}. Try: ${withFlags(command, '--help')}`);
    },
  );
}

/**
 * As {@link givenOrExit}, for a program that makes more of its command line.
 *
 * @param read throws `CONFIG_INVALID` with every mistake
 */
export function optionsOrExit<Options>(
  help: () => string,
  read: (args: readonly string[]) => Options | 'help',
): Options {
  try {
    requireNode24(process.version);
    onUnread();
    const options = read(process.argv.slice(2));
    return options === 'help' ? printAndExit(help()) : options;
  } catch (error) {
    return exitOnFailedStart(error);
  }
}

function printAndExit(text: string): never {
  try {
    // process.stdout tells of a disk that is full only after the end.
    writeFileSync(process.stdout.fd, text);
  } catch (error) {
    exitUnread(error);
  }
  process.exit(0);
}

function exitUnread(error: unknown): never {
  const lost = lostOutput(error);
  if (lost === undefined) process.exit(0);
  process.stderr.write(`${lost}\n`);
  process.exit(1);
}

let whenUnread: (error: NodeJS.ErrnoException) => void = exitUnread;
let isListening = false;

/**
 * Says what happens once nobody reads standard output any more, as after `| head`: by default the process ends with 0, or
 * with 1 where it cannot be written for another reason. Without it Node ends with a stack.
 */
export function onUnread(act: (error: NodeJS.ErrnoException) => void = whenUnread): void {
  whenUnread = act;
  if (isListening) return;
  isListening = true;
  process.stdout.on('error', (error) => whenUnread(error));
}
