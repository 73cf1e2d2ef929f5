/** The problems that the API answers with, by their stable code: the HTTP status and the title of each (`api.md`, "Rules"). */
export const problems = {
  INVALID_REQUEST: { status: 400, title: 'The request is not valid' },
  UNAUTHENTICATED: { status: 401, title: 'A valid token is needed' },
  FORBIDDEN: { status: 403, title: 'The token does not allow this' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  INDEX_OFF: { status: 404, title: 'The index that this needs is not there' },
  NOTIFICATIONS_OFF: { status: 404, title: 'This deployment notifies nobody' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The method is not allowed here' },
  CONFLICT: { status: 409, title: 'Another request is in the way' },
  TOO_LARGE: { status: 413, title: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The media type is not supported' },
  UNPROCESSABLE: { status: 422, title: 'Nothing of the request can be accepted' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key came with another body before' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'An error inside of Waybill' },
  WEBHOOK_REFUSED: { status: 502, title: 'The webhook refuses these notifications' },
  UNAVAILABLE: { status: 503, title: 'Not available now' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;

export type ProblemCode = keyof typeof problems;

/** What is wrong with one part of the input: a JSON pointer into it (RFC 6901), and a sentence. */
export type InputError = { readonly pointer: string; readonly detail: string };

export type ProblemMore = {
  readonly errors?: readonly InputError[];
  /** Whole seconds; in the header `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** More headers of the answer, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Members of the answer beside those of RFC 9457. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** Counted in `waybill.api.rejections`: why a request is refused that may be fine. */
  readonly reason?: string;
};

/** A request that ends with a problem. `detail` is shown to the client: nothing of the inside, no payload, no token. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly more: ProblemMore;

  constructor(code: ProblemCode, detail: string, more: ProblemMore = {}) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.more = more;
  }
}
