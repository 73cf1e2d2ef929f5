import { createHmac, timingSafeEqual } from 'node:crypto';

/*
 * Verifies requests by the rules of Standard Webhooks. On purpose it shares no code with what signs them: a mistake there
 * must not be able to hide here.
 */

/** Headers of a request, as `node:http` gives them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request whose signature is good, or what is wrong with it. */
export type Verified = { readonly id: string } | { readonly problem: string };

/** Milliseconds that a signature is good: those of Standard Webhooks' own libraries. */
const signatureGoodForMs = 300_000;

/**
 * Whether one of the signatures is by one of the secrets (`whsec_…`), over the bytes as they came.
 *
 * @param nowMs milliseconds since 1970
 */
export function verify(secrets: readonly string[], headers: Headers, body: Buffer, nowMs: number): Verified {
  const [id, seconds, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => headers[name],
  );
  if (typeof id !== 'string' || typeof seconds !== 'string' || typeof signatures !== 'string')
    return { problem: 'a header is missing' };
  if (!/^\d{1,12}$/.test(seconds)) return { problem: 'the timestamp is not a number' };
  if (Math.abs(nowMs - Number(seconds) * 1_000) > signatureGoodForMs) return { problem: 'the timestamp is not of now' };
  const given = signatures.split(' ').flatMap((each) => {
    const [version, signature] = each.split(',');
    return version === 'v1' && signature ? [Buffer.from(signature, 'base64')] : [];
  });
  const expected = secrets.map((secret) =>
    createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
      .update(`${id}.${seconds}.`)
      .update(body)
      .digest(),
  );
  const isGood = expected.some((good) =>
    given.some((signature) => signature.length === good.length && timingSafeEqual(signature, good)),
  );
  return isGood ? { id } : { problem: 'no signature is by a secret that is known' };
}
