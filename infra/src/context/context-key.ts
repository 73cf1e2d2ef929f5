import { z } from 'zod';

/** What the documentation shows of a key. */
export type KeyMeta = { readonly allowed: string; readonly default: string; readonly meaning: string };

const metadata = z.registry<KeyMeta>();

type Described<T> = {
  readonly meaning: string;
  readonly allowed: string;
  /** Undefined: the key is optional. */
  readonly default?: T;
  readonly shownDefault?: string;
};

type WithDefault<T> = Described<T> & { readonly default: T };

/** Registers the description of a schema. */
function described<T>(schema: z.ZodType<T>, options: Described<unknown>): z.ZodType<T> {
  const shown = options.default === undefined ? 'none' : `\`${String(options.default)}\``;
  return schema.register(metadata, {
    allowed: options.allowed,
    default: options.shownDefault ?? shown,
    meaning: options.meaning,
  });
}

function isMissing(value: unknown): boolean {
  // A pipeline's unset variable arrives as an empty string.
  return value === undefined || value === null || value === '';
}

/** A key that `read` reads; it returns undefined for a value that is not allowed. `-c` gives strings, `cdk.json` any JSON. */
export function contextKey<T>(
  options: WithDefault<T> & { readonly read: (value: unknown) => T | undefined },
): z.ZodType<T>;
export function contextKey<T>(
  options: Described<T> & { readonly read: (value: unknown) => T | undefined },
): z.ZodType<T | undefined>;
export function contextKey<T>(
  options: Described<T> & { readonly read: (value: unknown) => T | undefined },
): z.ZodType<T | undefined> {
  const schema = z.unknown().transform((value, context) => {
    if (isMissing(value)) return options.default;
    const read = options.read(value);
    if (read !== undefined) return read;
    context.addIssue(`expected ${options.allowed}, got ${shownValue(value)}`);
    return z.NEVER;
  });
  return described(schema, options);
}

/** True or false, as a JSON value or as a word; undefined for anything else. */
export function readFlag(value: unknown): boolean | undefined {
  const words: Readonly<Record<string, boolean>> = { true: true, false: false };
  return words[String(value)];
}

/** True or false, as {@link readFlag} reads it. */
export function flag(options: { readonly meaning: string; readonly default: boolean }): z.ZodType<boolean> {
  return contextKey({ ...options, allowed: '`true` or `false`', read: readFlag });
}

type WholeNumber = {
  readonly meaning: string;
  readonly min: number;
  readonly max: number;
  readonly shownDefault?: string;
};

/** A whole number in a range, as a JSON value or in decimal digits. Without a default the key is optional. */
export function wholeNumber(options: WholeNumber & { readonly default: number }): z.ZodType<number>;
export function wholeNumber(options: WholeNumber): z.ZodType<number | undefined>;
export function wholeNumber(options: WholeNumber & { readonly default?: number }): z.ZodType<number | undefined> {
  const { min, max } = options;
  return contextKey({
    ...options,
    allowed: `a whole number ${min}–${max}`,
    read: (value) => {
      const digits = String(value);
      const number = /^\d+$/.test(digits) ? Number(digits) : Number.NaN;
      return number >= min && number <= max ? number : undefined;
    },
  });
}

/** One of the named choices. */
export function oneOf<const T extends string>(
  choices: readonly T[],
  options: { readonly meaning: string; readonly default: NoInfer<T> },
): z.ZodType<T> {
  return contextKey({
    ...options,
    allowed: choices.map((choice) => `\`${choice}\``).join(' or '),
    read: (value) => choices.find((choice) => choice === value),
  });
}

/** Text that matches a pattern, which `allowed` describes in words. For parts of a {@link jsonValue}. */
export function text(pattern: RegExp, allowed: string): z.ZodType<string> {
  return z.unknown().transform((value, context) => {
    if (typeof value === 'string' && pattern.test(value)) return value;
    context.addIssue(`expected ${allowed}, got ${shownValue(value)}`);
    return z.NEVER;
  });
}

/** A JSON value, as `-c key='{…}'` or in `cdk.context.json`, of the shape that `shape` checks. */
export function jsonValue<T>(shape: z.ZodType<T>, options: WithDefault<T>): z.ZodType<T>;
export function jsonValue<T>(shape: z.ZodType<T>, options: Described<T>): z.ZodType<T | undefined>;
export function jsonValue<T>(shape: z.ZodType<T>, options: Described<T>): z.ZodType<T | undefined> {
  const schema = z.unknown().transform((value, context) => {
    if (isMissing(value)) return options.default;
    const parsed = typeof value === 'string' ? fromJson(value) : { json: value };
    if (!parsed) {
      context.addIssue(`expected JSON, ${options.allowed}, got ${shownValue(value)}`);
      return z.NEVER;
    }
    const result = shape.safeParse(parsed.json);
    if (result.success) return result.data;
    for (const { code, path, message } of result.error.issues) {
      const isOtherType = code === 'invalid_type' && path.length === 0;
      const said = isOtherType ? `expected ${options.allowed}, got ${shownValue(value)}` : message;
      context.issues.push({ code: 'custom', path, message: said, input: value });
    }
    return z.NEVER;
  });
  return described(schema, options);
}

function fromJson(given: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(given) };
  } catch {
    return undefined;
  }
}

/** Returns what the documentation shows of a key. */
export function describeKey(schema: z.ZodType): KeyMeta | undefined {
  return metadata.get(schema);
}

/** The given value, shortened, and without what may be a password in a URL. */
export function shownValue(value: unknown): string {
  const given = (JSON.stringify(value) ?? String(value)).replace(/:\/\/[^/\s]*@/g, '://…@');
  return given.length > 100 ? `${given.slice(0, 100)}…` : given;
}
