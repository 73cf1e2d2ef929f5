import { z } from 'zod';

/** What a key's schema says of itself. */
export type KeyMeta = { readonly allowed: string; readonly default: string; readonly meaning: string };

const metadata = z.registry<KeyMeta>();

type Described<T> = {
  readonly meaning: string;
  readonly allowed: string;
  /** Undefined: the key may be missing, and stays so. */
  readonly default?: T;
  readonly shownDefault?: string;
};

type WithDefault<T> = Described<T> & { readonly default: T };

/** Describes a value that {@link contextKey} and its siblings read: `-c` gives strings, `cdk.json` what JSON has. */
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

/** A key read by `read`, which answers undefined for a value that is not allowed. An empty value is a missing one. */
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

/** True or false, as JSON or as a word. */
export function flag(options: { readonly meaning: string; readonly default: boolean }): z.ZodType<boolean> {
  const words: Readonly<Record<string, boolean>> = { true: true, false: false };
  return contextKey({ ...options, allowed: '`true` or `false`', read: (value) => words[String(value)] });
}

/** A whole number in a range, as JSON or in decimal digits. */
export function wholeNumber(options: {
  readonly meaning: string;
  readonly min: number;
  readonly max: number;
  readonly default: number;
}): z.ZodType<number> {
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

/** Text that matches a pattern; `allowed` says the pattern in words. For parts of a {@link jsonValue}. */
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
      const isOtherwise = code === 'invalid_type' && path.length === 0;
      const said = isOtherwise ? `expected ${options.allowed}, got ${shownValue(value)}` : message;
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

/** What the documentation shows of a key. */
export function describeKey(schema: z.ZodType): KeyMeta | undefined {
  return metadata.get(schema);
}

/** What came, short, and without what may be a password in a URL. */
export function shownValue(value: unknown): string {
  const given = (JSON.stringify(value) ?? String(value)).replace(/:\/\/[^/\s]*@/g, '://…@');
  return given.length > 100 ? `${given.slice(0, 100)}…` : given;
}
