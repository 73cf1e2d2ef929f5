import { z } from 'zod';
import { WaybillError } from '../error.ts';
import { retryAfterOf } from '../http/retry-after.ts';
import { shownUrl } from '../shown-url.ts';

/** What a token endpoint gave. */
export type GivenToken = {
  readonly token: string;
  /** Milliseconds for which it is valid; infinite where the endpoint does not say. */
  readonly validMs: number;
};

export type TokenAnswer = {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Of its body, as far as it is read. */
  readonly text: string;
};

/** Errors by RFC 6749, 5.2, and others that are in use, with what to do. Nothing else of an answer is shown: it may repeat the secret. */
const whatToDo: Readonly<Record<string, string>> = {
  invalid_client: 'check clientId and clientSecret',
  invalid_grant: 'check clientId and clientSecret',
  unauthorized_client: 'ask the carrier to allow this client the grant client_credentials',
  unsupported_grant_type: 'ask the carrier for the tokenUrl of the grant client_credentials',
  invalid_request: 'ask the carrier which scope and audience it wants',
  invalid_scope: 'check scope',
  invalid_target: 'check audience',
  access_denied: 'check clientId, scope and audience',
};

const given = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,16384}$/),
  token_type: z.string().default('bearer'),
  expires_in: z
    .union([z.number(), z.string().transform(Number)])
    .nullish()
    .catch(null),
});

/**
 * The token in an answer (RFC 6749, 5.1). An `expires_in` that is missing, or no number above 0, says nothing of its end.
 * Throws `FEED_UNAVAILABLE`: see {@link isRefusedClient}.
 */
export function tokenIn({ status, retryAfter, text }: TokenAnswer, url: URL, now: number): GivenToken {
  if (status < 200 || status > 299) throw failedWith(status, retryAfter, text, url, now);
  const { data } = given.safeParse(jsonOf(text));
  if (!data) throw unusable(url, 'returned no JSON object with an access_token that a header can carry');
  if (data.token_type.toLowerCase() !== 'bearer') throw unusable(url, 'returned a token that is not a bearer token');
  const seconds = data.expires_in ?? 0;
  return { token: data.access_token, validMs: seconds > 0 ? seconds * 1_000 : Number.POSITIVE_INFINITY };
}

/** The error of an endpoint that could not be asked, or returned nothing that a token could be in. */
export function unusable(url: URL, what: string, cause?: { readonly code: string | undefined }): WaybillError {
  const details = { tokenEndpoint: shownUrl(url), ...(cause?.code !== undefined && { code: cause.code }) };
  return new WaybillError('FEED_UNAVAILABLE', `The token endpoint of SCAN_API_OAUTH (${shownUrl(url)}) ${what}`, {
    details,
  });
}

/** Whether the token endpoint does not accept the client as it is configured. */
export function isRefusedClient(error: WaybillError): boolean {
  return error.details['isRefusedClient'] === true;
}

/** Whether the failure is that of the token endpoint: the feed was not asked. */
export function isOfTokenEndpoint(error: unknown): boolean {
  return error instanceof WaybillError && error.details['tokenEndpoint'] !== undefined;
}

function failedWith(status: number, retryAfter: string | undefined, text: string, url: URL, now: number): WaybillError {
  const shown = shownUrl(url);
  const mayHeal = status === 408 || status === 425 || status === 429 || status >= 500;
  const json = jsonOf(text);
  const named = typeof json === 'object' && json !== null && 'error' in json ? String(json.error) : '';
  const advice = Object.hasOwn(whatToDo, named) ? whatToDo[named] : undefined;
  const retryAfterMs = retryAfterOf(retryAfter, now);
  const why = advice !== undefined && !mayHeal ? `, ${named}: ${advice}` : mayHeal ? '' : `: ${adviceFor(status)}`;
  return new WaybillError(
    'FEED_UNAVAILABLE',
    `The token endpoint of SCAN_API_OAUTH (${shown}) returned status ${status}${why}`,
    {
      details: {
        tokenEndpoint: shown,
        tokenStatus: status,
        ...(advice !== undefined && { tokenError: named }),
        ...(!mayHeal && { isRefusedClient: true }),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      },
    },
  );
}

function adviceFor(status: number): string {
  if (status === 400 || status === 401 || status === 403) return 'check clientId and clientSecret';
  if (status >= 300 && status <= 399) return 'redirects are not followed; set tokenUrl to the address itself';
  return 'check the path of tokenUrl';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
