/** What the document says of the API as a whole. */
export const info = {
  title: 'Waybill',
  version: '1',
  summary: 'Parcel state by HTTP, and scan events pushed instead of polled.',
  description: [
    'Where each parcel stands, when it was picked up and delivered; and a way to push scan events that a carrier would',
    'otherwise be asked for.',
    '',
    '- **Errors** are `application/problem+json` (RFC 9457). Go by `code`, never by `detail`.',
    '- **Pages**: ask again with `nextCursor` as `cursor` and the same filters, until there is none. A page may be short.',
    '- **Ids** are JSON numbers, from 1 to 9007199254740991.',
    '- **Freshness**: `completeThroughEventId` says through which EventId nothing of the feed is missing.',
    '- Every answer has `X-Request-Id`: yours, where you sent one of 1 to 128 visible ASCII characters.',
    '- 429 and 503 have `Retry-After`, in seconds.',
  ].join('\n'),
  license: { name: 'MIT', identifier: 'MIT' },
};

export const tags = [
  { name: 'parcels', description: 'Where parcels are.' },
  { name: 'ingestion', description: 'Scan events pushed, and what became of them.' },
  { name: 'operations', description: 'How the pipeline is doing, what failed, and what an operator does about it.' },
  { name: 'notifications', description: 'What was told to the webhook of this deployment.' },
  { name: 'document', description: 'This document.' },
  { name: 'webhooks', description: 'What Waybill sends to a webhook of yours.' },
];

const signatureHeader = (name: string, description: string) => ({
  type: 'apiKey',
  in: 'header',
  name,
  description,
});

export const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A token. Each has scopes: `read`, `ingest`, `operate`; an operation names those of which one is needed.',
  },
  webhookId: signatureHeader('webhook-id', 'Standard Webhooks: the id of what is sent, the same for each attempt.'),
  webhookTimestamp: signatureHeader('webhook-timestamp', 'Standard Webhooks: Unix seconds, at most 5 minutes off.'),
  webhookSignature: signatureHeader(
    'webhook-signature',
    'Standard Webhooks: `v1,<base64>` of the HMAC-SHA256 of id, timestamp and the body as it was sent.',
  ),
};

/** Headers of answers. */
export const headers = {
  'X-Request-Id': {
    description: 'What to name when you ask about this request.',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: 128 },
  },
  'Retry-After': {
    description: 'In how many seconds to try again.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
  ETag: {
    description: 'The revision of the parcel, for `If-None-Match`.',
    required: true,
    schema: { type: 'string' },
  },
  Location: {
    description: 'Where to ask what becomes of it.',
    required: true,
    schema: { type: 'string' },
  },
  'WWW-Authenticate': { description: 'How to authenticate.', required: true, schema: { type: 'string' } },
};
