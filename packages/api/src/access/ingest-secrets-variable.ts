import { z } from 'zod';
import { jsonListVariable } from './json-list-variable.ts';
import { callerName } from './tokens-variable.ts';

/** A secret of Standard Webhooks, as `whsec_` and base64, with which a sender signs what it pushes. */
export type IngestSecret = { readonly name: string; readonly secret: string };

/** Bytes of a secret: the recommendation of Standard Webhooks. */
const secretBytes = { min: 24, max: 64 } as const;
const secretExpected = `expected whsec_ and the base64 of ${secretBytes.min}–${secretBytes.max} random bytes`;

const entry = z.strictObject({
  name: callerName,
  secret: z.string({ error: secretExpected }).refine((secret) => {
    const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
    if (base64 === undefined) return false;
    const bytes = Buffer.from(base64, 'base64');
    const isWhole = bytes.toString('base64').replace(/=+$/, '') === base64.replace(/=+$/, '');
    return isWhole && bytes.length >= secretBytes.min && bytes.length <= secretBytes.max;
  }, secretExpected),
});

/** `INGEST_SECRETS`. */
export const ingestSecretsVariable = jsonListVariable<IngestSecret>(entry, {
  allowed: 'a JSON array of `{"name","secret":"whsec_…"}`',
  default: [],
  shownDefault: 'none',
  meaning:
    'who may push scan events by a signature (Standard Webhooks) in place of a token; two entries of one name are valid at the same time, to rotate',
  among: () => [],
});
