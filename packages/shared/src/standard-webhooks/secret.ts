/** Bytes of a secret: the recommendation of Standard Webhooks. */
const secretBytes = { min: 24, max: 64 } as const;

/** What a secret is, in words. */
export const secretInWords = `whsec_ and the base64 of ${secretBytes.min}–${secretBytes.max} random bytes`;

/** The key that a secret of Standard Webhooks (`whsec_` and base64) stands for; undefined where the text is none. */
export function keyOfSecret(secret: string): Buffer | undefined {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  if (base64 === undefined) return undefined;
  const key = Buffer.from(base64, 'base64');
  const isWhole = key.toString('base64').replace(/=+$/, '') === base64.replace(/=+$/, '');
  return isWhole && key.length >= secretBytes.min && key.length <= secretBytes.max ? key : undefined;
}
