import { z } from 'zod';
import { WaybillError } from '../error.ts';

/** What `docs/configuration.md` says of a variable. */
export type VariableMeta = { readonly allowed: string; readonly default: string; readonly meaning: string };

const metadata = z.registry<VariableMeta>();

export type VariableSchema<T> = z.ZodType<T, string | undefined>;

type VariableOptions<T> = {
  readonly allowed: string;
  readonly meaning: string;
  /** Undefined: the variable is required. */
  readonly default?: T | undefined;
  readonly shownDefault?: string;
  /** The value is never printed. */
  readonly secret?: boolean;
};

/** A variable with a parser that returns undefined for text that is not allowed. */
function variable<T>(options: VariableOptions<T>, parse: (text: string) => T | undefined): VariableSchema<T> {
  return structured(options, (text) => {
    const value = parse(text);
    if (value !== undefined) return { value };
    return { problems: [`expected ${options.allowed}, got ${options.secret ? 'something else' : redacted(text)}`] };
  });
}

/**
 * Text with a structure of its own. `read` returns its value, or everything that is wrong with it, a line each, without
 * what may be a secret. An empty value counts as missing.
 */
export function structured<T>(
  options: VariableOptions<T>,
  read: (text: string) => { readonly value: T } | { readonly problems: readonly string[] },
): VariableSchema<T> {
  const schema: VariableSchema<T> = z
    .string()
    .optional()
    .transform((text, context): T => {
      if (text === undefined || text === '') {
        if (options.default !== undefined) return options.default;
        context.addIssue({ code: 'custom', message: `is required: ${options.allowed}` });
        return z.NEVER;
      }
      const result = read(text);
      if ('value' in result) return result.value;
      for (const message of result.problems) context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
  return schema.register(metadata, {
    allowed: options.allowed,
    default: options.shownDefault ?? (options.default === undefined ? 'required' : `\`${String(options.default)}\``),
    meaning: options.meaning,
  });
}

type NumberOptions = {
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly meaning: string;
  readonly unit?: string;
};

/** A whole number in a range, in decimal digits. */
export function wholeNumber(options: NumberOptions): VariableSchema<number> {
  const most = options.max === Number.MAX_SAFE_INTEGER ? '' : `–${options.max.toLocaleString('en-US')}`;
  const allowed = most
    ? `a whole number ${options.min.toLocaleString('en-US')}${most}`
    : `a whole number ≥ ${options.min}`;
  return variable({ ...options, allowed }, (text) => inRange(/^\d+$/.test(text) ? Number(text) : Number.NaN, options));
}

/** A decimal number in a range. */
export function decimalNumber(options: NumberOptions): VariableSchema<number> {
  const allowed = `a number ${options.min}–${options.max.toLocaleString('en-US')}`;
  return variable({ ...options, allowed }, (text) =>
    inRange(/^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN, options),
  );
}

function inRange(value: number, { min, max }: NumberOptions): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

/** An http(s) URL without credentials in it. */
export function httpUrl(options: { readonly meaning: string; readonly default?: string }): VariableSchema<string> {
  const described = {
    ...options,
    allowed: 'an http(s) URL without user or password',
    ...(options.default === '' && { shownDefault: 'none' }),
  };
  return variable(described, (text) => (isHttpUrl(text) ? text : undefined));
}

/** Different http(s) URLs without credentials in them, separated by spaces; none by default. */
export function httpUrls(options: {
  readonly most: number;
  readonly meaning: string;
}): VariableSchema<readonly string[]> {
  const described = {
    ...options,
    allowed: `up to ${options.most} http(s) URLs without user or password, separated by spaces, each once`,
    default: [],
    shownDefault: 'none',
  };
  return structured<readonly string[]>(described, (text) => {
    const urls = text.split(/\s+/).filter((url) => url !== '');
    const problems = urls.flatMap((url, index) => {
      if (!isHttpUrl(url)) return [`expected an http(s) URL without user or password, got ${redacted(url)}`];
      return urls.indexOf(url) < index ? [`expected each URL once, got ${redacted(url)} again`] : [];
    });
    if (urls.length > options.most) problems.push(`expected at most ${options.most} URLs, got ${urls.length}`);
    return problems.length > 0 ? { problems } : { value: urls };
  });
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password;
}

/** Text that matches a pattern; `allowed` says the pattern in words. */
export function pattern(
  regex: RegExp,
  options: {
    readonly allowed: string;
    readonly meaning: string;
    readonly default?: string;
    readonly shownDefault?: string;
  },
): VariableSchema<string> {
  return variable(options, (text) => (regex.test(text) ? text : undefined));
}

/** DynamoDB naming rules. */
const tableNames = /^[A-Za-z0-9._-]{3,255}$/;
const tableNamesInWords = 'a table name, 3–255 of `A-Za-z0-9._-`';

/** The name of a DynamoDB table. Required. */
export function tableName(options: { readonly meaning: string }): VariableSchema<string> {
  return pattern(tableNames, { ...options, allowed: tableNamesInWords });
}

/** The name of a DynamoDB table that a deployment may do without; "" where it does. */
export function optionalTableName(options: { readonly meaning: string }): VariableSchema<string> {
  return pattern(tableNames, { ...options, allowed: tableNamesInWords, default: '', shownDefault: 'none' });
}

/** Any text; none by default, never printed. */
export function secret(options: { readonly meaning: string }): VariableSchema<string> {
  return variable(
    { ...options, allowed: 'any visible ASCII text', default: '', shownDefault: 'none', secret: true },
    (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined),
  );
}

/** One of the named choices. */
export function oneOf<T extends string>(
  choices: readonly T[],
  options: { readonly meaning: string; readonly default: T },
): VariableSchema<T> {
  return variable({ ...options, allowed: `one of ${choices.join(', ')}` }, (text) =>
    choices.find((choice) => choice === text),
  );
}

/**
 * Reads the variables that `schema` names. Throws `CONFIG_INVALID` with one line for each wrong variable: what was
 * expected, and what was found.
 */
export function readEnv<T>(schema: z.ZodType<T>, env: Readonly<Record<string, string | undefined>>): T {
  const result = schema.safeParse(withLowerCase(env));
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`);
  throw new WaybillError('CONFIG_INVALID', `The configuration is wrong (docs/configuration.md):\n${lines.join('\n')}`);
}

/** As in other programs, the lower case of these comes first. */
const alsoInLowerCase = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'] as const;

/** The environment with these variables in upper case, as schemas name them. */
export function withLowerCase(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const given = alsoInLowerCase.flatMap((name) => {
    const lower = env[name.toLowerCase()];
    return lower ? [[name, lower] as const] : [];
  });
  return given.length === 0 ? env : { ...env, ...Object.fromEntries(given) };
}

/** What the docs say of the variable with this schema. */
export function describeVariable(schema: z.ZodType): VariableMeta | undefined {
  return metadata.get(schema);
}

/** The text, quoted, without what may be a password or a key: the user part of a URL, its query and fragment. */
export function redacted(text: string): string {
  const [before = '', ...after] = text.split(/[?#]/);
  const query = after.join('');
  // Nobody can tell whether that is a query with an @ in it, or a password with a question mark.
  const isDoubtful = query.includes('@');
  const address = isDoubtful ? before.replace(/^([a-z+.-]*:\/\/)?.*$/is, '$1…') : before;
  const harmless = address.replace(/^([a-z+.-]*:\/\/)?.*@/is, '$1…@') + (after.length > 0 && !isDoubtful ? '?…' : '');
  return quoted(harmless);
}

/** The text in quotes, so that a line break or a blank in it is seen, and no more than 100 characters of it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
