import { keyOfSecret, secretInWords } from '@waybill/shared/standard-webhooks/secret.ts';
import { z } from 'zod';
import { jsonListVariable } from './json-list-variable.ts';
import { callerName } from './tokens-variable.ts';

/** A secret of Standard Webhooks, as `whsec_` and base64, with which a sender signs what it pushes. */
export type IngestSecret = { readonly name: string; readonly secret: string };

const secretExpected = `expected ${secretInWords}`;

const entry = z.strictObject({
  name: callerName,
  secret: z.string({ error: secretExpected }).refine((secret) => keyOfSecret(secret) !== undefined, secretExpected),
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
