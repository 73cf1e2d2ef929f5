import {
  httpUrl,
  redacted,
  secret,
  structured,
  type VariableSchema,
  wholeNumber,
} from '@waybill/shared/process/env.ts';
import { keyOfSecret, secretInWords } from '@waybill/shared/standard-webhooks/secret.ts';
import { z } from 'zod';
import { isNeverCalledNetwork } from '../addresses/address-policy.ts';
import { reportPolicy, webhookPolicy, whyUrlRefused } from '../addresses/check-url.ts';
import { type Cidr, readCidr } from '../addresses/cidr.ts';
import type { ReportSettings, WebhookSettings } from './webhook-settings.ts';

const mostSecrets = 3;

const url = {
  allowed: 'an https URL without user or password; http only to hosts within `WEBHOOK_ALLOWED_CIDRS`',
  meaning: 'where notifications are told',
};

const secrets = {
  allowed: `1–${mostSecrets} of \`whsec_…\` (base64 of 24–64 random bytes), separated by spaces`,
  meaning: 'each signs, so that one can be rotated',
};

function urlVariable(options: { readonly default?: string; readonly shownDefault?: string }): VariableSchema<string> {
  return structured<string>({ ...url, ...options }, (text) => {
    const read = URL.parse(text);
    const isAllowed = read && /^https?:$/.test(read.protocol) && !read.username && !read.password;
    return isAllowed ? { value: text } : { problems: [`expected ${url.allowed}, got ${redacted(text)}`] };
  });
}

function secretsVariable(options: {
  readonly default?: readonly string[];
  readonly shownDefault?: string;
}): VariableSchema<readonly string[]> {
  return structured<readonly string[]>({ ...secrets, ...options }, (text) => {
    const value = wordsOf(text);
    if (value.length < 1 || value.length > mostSecrets)
      return { problems: [`expected 1–${mostSecrets} secrets, got ${value.length}`] };
    const problems = value.flatMap((each, index) =>
      keyOfSecret(each) ? [] : [`secret ${index + 1}: expected ${secretInWords}, got something else`],
    );
    return problems.length > 0 ? { problems } : { value };
  });
}

const both = {
  WEBHOOK_ALLOWED_CIDRS: structured<readonly Cidr[]>(
    {
      allowed: 'networks such as `10.1.0.0/16`, separated by spaces',
      default: [],
      shownDefault: 'none',
      meaning: 'internal addresses that may be called; 169.254.0.0/16 and fd00:ec2::/32 never are',
    },
    (text) => {
      const read = wordsOf(text).map((word) => readCidr(word) ?? word);
      const problems = read.flatMap((each) =>
        typeof each === 'string'
          ? [
              `expected networks such as 10.1.0.0/16 (no bits beyond the prefix; one address is /32), got ${redacted(each)}`,
            ]
          : isNeverCalledNetwork(each)
            ? [`has ${each.text}, which is never called: remove it`]
            : [],
      );
      return problems.length > 0 ? { problems } : { value: read.filter((each) => typeof each !== 'string') };
    },
  ),
  WEBHOOK_TIMEOUT_MS: wholeNumber({
    min: 100,
    max: 60_000,
    default: 15_000,
    meaning: 'time limit of one attempt in all, of a report too',
  }),
  WEBHOOK_CONCURRENCY: wholeNumber({ min: 1, max: 256, default: 16, meaning: 'attempts, and connections, at once' }),
  REPORT_URL: httpUrl({
    default: '',
    meaning: 'where it is reported, as `PUT REPORT_URL/{parcelId}`, that a milestone was told',
  }),
  REPORT_TOKEN: secret({ meaning: 'sent with reports as a bearer token' }),
};

/** The variables of whatever calls the webhook. */
export const webhookVariables = { WEBHOOK_URL: urlVariable({}), WEBHOOK_SECRETS: secretsVariable({}), ...both };

/** The same for those who may do without a webhook: "" and none. */
export const optionalWebhookVariables = {
  WEBHOOK_URL: urlVariable({ default: '', shownDefault: 'none' }),
  WEBHOOK_SECRETS: secretsVariable({ default: [], shownDefault: 'none' }),
  ...both,
};

/** What the variables hold once they are read. */
export type WebhookValues = {
  readonly [Name in keyof typeof webhookVariables]: z.output<(typeof webhookVariables)[Name]>;
};

// Also when other variables are wrong, so that all errors are shown together.
const readable = z.object({
  WEBHOOK_URL: z.string(),
  WEBHOOK_SECRETS: z.array(z.string()),
  WEBHOOK_ALLOWED_CIDRS: z.array(z.object({ text: z.string() })),
  REPORT_URL: z.string(),
});
const when =
  (needed: z.ZodType) =>
  ({ value }: { value: unknown }) =>
    needed.safeParse(value).success;

/** Adds to a schema of these variables, and others, what must hold between them. */
export function withWebhookChecks<T extends z.ZodType<WebhookValues>>(schema: T): T {
  return schema
    .refine((read) => read.WEBHOOK_URL === '' || read.WEBHOOK_SECRETS.length > 0, {
      path: ['WEBHOOK_SECRETS'],
      message: 'is required with WEBHOOK_URL',
      when: when(readable.pick({ WEBHOOK_URL: true, WEBHOOK_SECRETS: true })),
    })
    .superRefine((read, context) => refuse('WEBHOOK_URL', webhookRefusal(read), context), {
      when: when(readable.pick({ WEBHOOK_URL: true, WEBHOOK_ALLOWED_CIDRS: true })),
    })
    .superRefine((read, context) => refuse('REPORT_URL', reportRefusal(read), context), {
      when: when(readable.pick({ REPORT_URL: true })),
    });
}

function refuse(variable: keyof WebhookValues, why: string | undefined, context: z.RefinementCtx): void {
  if (why !== undefined) context.addIssue({ code: 'custom', path: [variable], message: `may not be called: ${why}` });
}

function webhookRefusal({ WEBHOOK_URL, WEBHOOK_ALLOWED_CIDRS }: WebhookValues): string | undefined {
  const url = URL.parse(WEBHOOK_URL);
  return url ? whyUrlRefused(url, webhookPolicy(url, WEBHOOK_ALLOWED_CIDRS)) : undefined;
}

function reportRefusal({ REPORT_URL }: WebhookValues): string | undefined {
  const url = URL.parse(REPORT_URL);
  return url ? whyUrlRefused(url, reportPolicy) : undefined;
}

/** How the webhook is called; undefined where none is set. */
export function webhookSettingsOf(read: WebhookValues): WebhookSettings | undefined {
  if (read.WEBHOOK_URL === '') return undefined;
  return {
    url: read.WEBHOOK_URL,
    secrets: read.WEBHOOK_SECRETS,
    allowedCidrs: read.WEBHOOK_ALLOWED_CIDRS,
    timeoutMs: read.WEBHOOK_TIMEOUT_MS,
    concurrency: read.WEBHOOK_CONCURRENCY,
  };
}

/** How it is reported; undefined where nobody wants to know. */
export function reportSettingsOf(read: WebhookValues): ReportSettings | undefined {
  if (read.REPORT_URL === '') return undefined;
  return {
    url: read.REPORT_URL,
    token: read.REPORT_TOKEN,
    timeoutMs: read.WEBHOOK_TIMEOUT_MS,
    concurrency: read.WEBHOOK_CONCURRENCY,
  };
}

/** What is between the spaces. */
function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
