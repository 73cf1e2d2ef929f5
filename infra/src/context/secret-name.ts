import { contextKey } from './context-key.ts';

/** Secrets Manager could confuse an end with a dash and six characters with what it adds to the name in an ARN (CreateSecret, Name). */
export const secretNamePattern = /^(?!.*-.{6}$)[A-Za-z0-9/_+=.@-]{1,512}$/;

/** {@link secretNamePattern} in words. */
export const secretNameAllowed =
  'a name (not an ARN), 1–512 of `A-Za-z0-9/_+=.@-`, not ending with `-` and six characters';

/** The name of a secret of Secrets Manager. */
export function secretName(meaning: string) {
  return contextKey({
    meaning,
    allowed: secretNameAllowed,
    read: (value) => (typeof value === 'string' && secretNamePattern.test(value) ? value : undefined),
  });
}
