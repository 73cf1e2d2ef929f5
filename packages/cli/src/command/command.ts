import type { z } from 'zod';
import type { ExitCode } from '../exit-code.ts';
import type { Tools } from '../tools/tools.ts';
import { type Argument, flag, type Option, optional } from './options.ts';
import { anyText } from './parsers.ts';

/** A line to type, without `waybill`, and what it is for. */
export type Example = { readonly line: string; readonly says: string };

/** What the command prints with `--json`: one document, a line of JSON for each entry, or always the same plain text. */
export type Prints = 'document' | 'lines' | 'text';

type Options = Readonly<Record<string, Option<unknown>>>;
type Arguments = Readonly<Record<string, Argument<unknown>>>;
type ValuesOf<Specs> = { readonly [Name in keyof Specs]: Specs[Name] extends { absent: () => infer T } ? T : never };

/** The parsed command line. */
export type Given<O = Options, A = Arguments> = { readonly options: ValuesOf<O>; readonly arguments: ValuesOf<A> };

type Described = {
  /** `operations list`. */
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** What one has to know besides, in sentences. */
  readonly details?: string;
  /** Shown first in the help; two or three real ones. */
  readonly examples: readonly [Example, ...Example[]];
  readonly prints: Prints;
  /** The shape of the document or of each line; {@link shapeOf} knows that of acts. Loaded on demand: zod takes time. */
  readonly shape?: () => Promise<z.ZodType>;
  /** Changes something: has `--dry-run`, `--yes`, `--because` and `--more-than-planned`, and runs by `tools.act`. */
  readonly isAct?: boolean;
  /** Calls no service of AWS: has no `--environment` and `--stack`. */
  readonly isOffline?: boolean;
};

type Spec<O extends Options, A extends Arguments> = Described & {
  readonly options?: O;
  readonly arguments?: A;
  /** Resolves with the exit code; without one it is 0. */
  readonly run: (given: Given<O, A>, tools: Tools) => Promise<ExitCode | undefined>;
};

/** A command of the command line, whatever its options are. */
export type Command = Described & {
  readonly options: Options;
  readonly arguments: Arguments;
  readonly run: (given: Given, tools: Tools) => Promise<ExitCode | undefined>;
};

/** Describes a command. Its `run` gets the values of its options and arguments with their types. */
export function command<
  const O extends Options = Record<never, never>,
  const A extends Arguments = Record<never, never>,
>(spec: Spec<O, A>): Command {
  return {
    ...spec,
    options: spec.options ?? {},
    arguments: spec.arguments ?? {},
    // program.ts makes the values by the very specs from which their types come.
    run: spec.run as unknown as Command['run'],
  };
}

/** Of every command that prints data. */
const jsonOption = { json: flag('print JSON') } as const;

/** Of every command that works with a deployment. */
const deploymentOptions = {
  environment: optional('NAME', "queues and tables by an environment's names: production", anyText),
  stack: optional('NAME', "queues and tables by a data stack's outputs", anyText),
} as const;

/** Of every act. */
const actOptions = {
  dryRun: flag('print the plan and do nothing'),
  yes: flag('do not ask before the act'),
  because: optional('TEXT', 'why: goes on record', anyText),
  moreThanPlanned: flag('go on when it meets over 10 % more than planned'),
} as const;

/** Options that the frame reads, whether or not a command has them. */
export const frameOptions = { ...actOptions, ...jsonOption, ...deploymentOptions } as const;

/** All options of a command, in the order of its help. */
export function optionsOf({ options, isAct, isOffline, prints }: Command): Options {
  return {
    ...options,
    ...(isAct && actOptions),
    ...(prints !== 'text' && jsonOption),
    ...(!isOffline && deploymentOptions),
  };
}

/** The shape of what a command prints as JSON: an act's is its plan or its result, unless it says another one. */
export async function shapeOf({ shape, isAct }: Command): Promise<z.ZodType | undefined> {
  if (shape || !isAct) return await shape?.();
  return (await import('@waybill/operations/record/operation-shape.ts')).actShape;
}

/** `olderThan` as `--older-than`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
