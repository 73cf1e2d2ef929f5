import type { Parser } from './parsers.ts';

/** An option of a command. Its flag is its name in the command's `options`: `olderThan` is `--older-than`. */
export type Option<T> = {
  /** `list`: may be given several times. */
  readonly kind: 'flag' | 'value' | 'list';
  /** What stands for the value in the help: `ID`. */
  readonly placeholder?: string;
  /** A few words for the help, without a full stop. */
  readonly says: string;
  /** The words that are allowed; completion offers them. */
  readonly choices?: readonly string[];
  readonly parse?: Parser<unknown>;
  readonly isRequired?: boolean;
  /** The default as the help shows it. */
  readonly shownDefault?: string;
  /** The value where the option is not given. */
  readonly absent: () => T;
};

type ValueOptions = { readonly choices?: readonly string[] };

/** `--flag`: true where it is given. */
export function flag(says: string): Option<boolean> {
  return { kind: 'flag', says, absent: () => false };
}

/** `--flag VALUE`; undefined where it is not given. */
export function optional<T>(
  placeholder: string,
  says: string,
  parse: Parser<T>,
  more: ValueOptions = {},
): Option<T | undefined> {
  return { kind: 'value', placeholder, says, parse, absent: () => undefined, ...more };
}

/** `--flag VALUE` with a default. */
export function withDefault<T extends string | number>(
  placeholder: string,
  says: string,
  parse: Parser<T>,
  value: T,
  more: ValueOptions = {},
): Option<T> {
  return { kind: 'value', placeholder, says, parse, shownDefault: String(value), absent: () => value, ...more };
}

/** `--flag VALUE` that must be given. */
export function required<T>(placeholder: string, says: string, parse: Parser<T>, more: ValueOptions = {}): Option<T> {
  const absent = () => {
    throw new Error('commander refuses a command line without it');
  };
  return { kind: 'value', placeholder, says, parse, isRequired: true, absent, ...more };
}

/** `--flag VALUE`, once or several times; an empty list where it is not given. */
export function list<T>(
  placeholder: string,
  says: string,
  parse: Parser<T>,
  more: ValueOptions = {},
): Option<readonly T[]> {
  return { kind: 'list', placeholder, says, parse, absent: () => [], ...more };
}

/** `--flag VALUE`, at least once. */
export function requiredList<T>(
  placeholder: string,
  says: string,
  parse: Parser<T>,
  more: ValueOptions = {},
): Option<readonly T[]> {
  return { ...list(placeholder, says, parse, more), isRequired: true };
}

/** A positional argument, which must be given. Its name in the command's `arguments` is for the code; the placeholder is for the reader. */
export type Argument<T> = {
  readonly placeholder: string;
  readonly says: string;
  readonly parse: Parser<unknown>;
  /** The words that are allowed; completion offers them. */
  readonly choices?: readonly string[];
  readonly absent: () => T;
};

/** An argument that must be given. */
export function argument<T>(placeholder: string, says: string, parse: Parser<T>, more: ValueOptions = {}): Argument<T> {
  const absent = () => {
    throw new Error('commander refuses a command line without it');
  };
  return { placeholder, says, parse, absent, ...more };
}
