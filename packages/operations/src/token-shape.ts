import { z } from 'zod';

/** A new token of the API, and its entry for `API_TOKENS`. */
export const newTokenShape = z.strictObject({
  token: z.string().regex(/^waybill_[\w-]{43}$/),
  entry: z.strictObject({
    name: z.string(),
    scopes: z.array(z.enum(['read', 'ingest', 'operate'])).min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
});
