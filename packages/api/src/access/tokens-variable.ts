import { z } from 'zod';
import { type Scope, scopes } from './caller.ts';
import { jsonListVariable } from './json-list-variable.ts';

/** A token that lets somebody in: the SHA-256 of it, as 64 hex digits in lower case. */
export type TokenEntry = { readonly name: string; readonly scopes: readonly Scope[]; readonly sha256: string };

/** The name of a token or a secret: it stands in log lines and on record. */
export const callerName = z
  .string({ error: 'expected 1–64 of A-Za-z0-9._-' })
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected 1–64 of A-Za-z0-9._-');

const scopesExpected = `expected an array of ${scopes.join(', ')}, each once`;
const digestExpected = 'expected the SHA-256 of the token, 64 hex digits (`waybill token new` prints it)';

const entry = z.strictObject({
  name: callerName,
  scopes: z
    .array(z.enum(scopes, { error: scopesExpected }), { error: scopesExpected })
    .min(1, scopesExpected)
    .refine((given) => new Set(given).size === given.length, scopesExpected),
  sha256: z
    .string({ error: digestExpected })
    .regex(/^[0-9a-f]{64}$/i, digestExpected)
    .toLowerCase(),
});

/** `API_TOKENS`. Two entries of one name are valid at the same time: so a token is rotated. */
export const tokensVariable = jsonListVariable<TokenEntry>(entry, {
  allowed: 'a JSON array of `{"name","scopes":["read","ingest","operate"],"sha256"}`',
  meaning:
    'who may make requests: the SHA-256 of each token, never the token (`waybill token new` makes both). Two entries of one name are valid at the same time, to rotate; `[]` lets nobody in',
  among: (entries) => {
    const owners = new Map<string, number>();
    return entries.flatMap(({ sha256 }, index) => {
      const first = owners.get(sha256);
      owners.set(sha256, first ?? index);
      return first === undefined ? [] : [`entry ${index + 1} has the token of entry ${first + 1}`];
    });
  },
});
