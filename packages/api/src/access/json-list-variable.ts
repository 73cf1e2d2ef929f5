import { structured, type VariableSchema } from '@waybill/shared/process/env.ts';
import { z } from 'zod';

/**
 * A variable that holds a JSON array with a secret, or what opens one, in each entry. What is wrong is said by the place of
 * the entry and the name of its field: never by a value.
 */
export function jsonListVariable<T>(
  entry: z.ZodType<T>,
  options: {
    readonly allowed: string;
    readonly meaning: string;
    readonly default?: readonly T[];
    readonly shownDefault?: string;
    /** What is wrong with entries that are each right, a line each. */
    readonly among: (entries: readonly T[]) => readonly string[];
  },
): VariableSchema<readonly T[]> {
  const list = z.array(entry);
  return structured<readonly T[]>(options, (text) => {
    const read = list.safeParse(parsed(text));
    if (!read.success)
      return { problems: [...new Set(read.error.issues.map((issue) => told(issue, options.allowed)))] };
    const problems = options.among(read.data);
    return problems.length > 0 ? { problems } : { value: read.data };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function told({ path: [index, field], message, code }: z.core.$ZodIssue, allowed: string): string {
  if (typeof index !== 'number') return `expected ${allowed}, got something else`;
  const where = `entry ${index + 1}`;
  if (field !== undefined) return `${where}: ${String(field)} ${message}`;
  return code === 'unrecognized_keys' ? `${where} has a field that is not known` : `${where} expected an object`;
}
