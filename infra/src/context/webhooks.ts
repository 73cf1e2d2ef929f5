import { notifierVariables, readConfig } from '@waybill/notifier/config.ts';
import { z } from 'zod';
import { contextKey, jsonValue, text } from './context-key.ts';
import { environment, wrongVariables } from './process-variables.ts';
import { secretNameAllowed, secretNamePattern } from './secret-name.ts';

/** Webhooks of one deployment at most: a message of events is settled only when each of their queues has confirmed. */
const mostWebhooks = 5;

/** Names are in those of queues, so the dead-letter queue of one webhook must not be the queue of another. */
const namePattern = /^(?=.{1,20}$)(?!(.*-)?dlq$)[a-z](-?[a-z0-9])*$/;

/** The value is not in the text: a URL may have a token in its query. */
const url = z.string({ error: 'expected a URL' });

const texts = z.array(z.string({ error: 'expected text' }), { error: 'expected a list of texts' });

const given = z.strictObject({
  name: text(
    namePattern,
    '1–20 of `a-z`, `0-9` and single `-` between them, beginning with a letter, not ending with `dlq`',
  ),
  url,
  secretsName: text(secretNamePattern, secretNameAllowed),
  ownTable: z.boolean({ error: 'expected true or false' }).default(false),
  milestones: texts.optional(),
  requirements: texts.optional(),
  corrections: z.boolean({ error: 'expected true or false' }).optional(),
  maxAgeHours: z.number({ error: 'expected a number' }).optional(),
  allowedCidrs: texts.optional(),
  reportUrl: url.optional(),
  reportTokenSecret: text(secretNamePattern, secretNameAllowed).optional(),
  variables: environment.default({}),
});

type Given = z.infer<typeof given>;

/** The variable of the notifier that each part of the context sets. */
const variableOf = {
  url: 'WEBHOOK_URL',
  milestones: 'NOTIFY',
  requirements: 'NOTIFY_REQUIREMENTS',
  corrections: 'NOTIFY_CORRECTIONS',
  maxAgeHours: 'NOTIFY_MAX_AGE_HOURS',
  allowedCidrs: 'WEBHOOK_ALLOWED_CIDRS',
  reportUrl: 'REPORT_URL',
} as const satisfies Partial<Record<keyof Given, string>>;

const partOf: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(variableOf).map(([part, variable]) => [variable, [part]]),
);

const notifier = { process: 'notifier', known: Object.keys(notifierVariables), readConfig };

/** Who is told, and how: a queue and a service of its own. */
export type WebhookContext = {
  readonly name: string;
  /**
   * Whether its notifications are in a table of its own. Of one webhook they are in the deployment's table, which the API and
   * `waybill` read: it is the main one, to which they tell on demand.
   */
  readonly ownTable: boolean;
  /** Of the secret that holds `WEBHOOK_SECRETS`. */
  readonly secretsName: string;
  /** Of the secret that holds `REPORT_TOKEN`. */
  readonly reportTokenSecret: string | undefined;
  /** Of the notifier, without secrets, queue and tables. */
  readonly variables: Readonly<Record<string, string>>;
};

function asVariables(webhook: Given): WebhookContext {
  const { name, ownTable, secretsName, reportTokenSecret } = webhook;
  const own = Object.entries(variableOf).flatMap(([part, variable]) => {
    const value = webhook[part as keyof typeof variableOf];
    return value === undefined ? [] : [[variable, [value].flat().join(' ')] as const];
  });
  return {
    name,
    ownTable,
    secretsName,
    reportTokenSecret,
    variables: { ...webhook.variables, ...Object.fromEntries(own) },
  };
}

const list = z
  .array(given)
  .max(mostWebhooks, { error: `expected at most ${mostWebhooks}` })
  .superRefine((webhooks, context) => {
    const main = webhooks.findIndex(({ ownTable }) => !ownTable);
    for (const [at, webhook] of webhooks.entries()) {
      const { name, ownTable, reportUrl, reportTokenSecret } = webhook;
      const refuse = (path: readonly string[], message: string) =>
        context.addIssue({ code: 'custom', path: [at, ...path], message });
      if (webhooks.findIndex((other) => other.name === name) < at) refuse(['name'], `is not unique: ${name}`);
      if (!ownTable && at !== main)
        refuse(['ownTable'], 'must be true for all but one: notifications of two webhooks cannot be in one table');
      if (reportTokenSecret !== undefined && reportUrl === undefined)
        refuse(['reportTokenSecret'], 'needs a reportUrl');
      for (const [part, variable] of Object.entries(variableOf))
        if (variable in webhook.variables) refuse(['variables', variable], `is set by ${part}`);
      for (const [variable, message] of wrongVariables(notifier, asVariables(webhook).variables))
        refuse(partOf.get(variable) ?? ['variables', variable], message);
    }
  })
  .transform((webhooks) => webhooks.map(asVariables));

/** The webhook whose notifications are in the deployment's table, if there is one. */
export function mainWebhook(webhooks: readonly WebhookContext[]): WebhookContext | undefined {
  return webhooks.find(({ ownTable }) => !ownTable);
}

/** The context key of the webhooks. */
export const webhooksKey = jsonValue<readonly WebhookContext[]>(list, {
  meaning: `who is told of milestones, ${mostWebhooks} at most: [a queue and a service for each](../infra/RUNBOOK.md#add-or-remove-a-webhook)`,
  allowed:
    '`[{"name", "url", "secretsName", "ownTable"?, "milestones"?, "requirements"?, "corrections"?, "maxAgeHours"?, "allowedCidrs"?, "reportUrl"?, "reportTokenSecret"?, "variables"?}, …]`',
  default: [],
  shownDefault: 'none',
});

/** EventBridge Scheduler checks the fields of a cron expression itself. */
const schedule = /^(rate\((1 (minute|hour|day)|([2-9]|[1-9]\d{1,3}) (minutes|hours|days))\)|cron\([^()]{11,80}\))$/;

/** The context key of the schedule that tells what was not told. */
export const notifySweepKey = contextKey({
  meaning:
    'how often what was due and not told is [told again](../infra/RUNBOOK.md#tell-what-was-not-told), by a task of operators for each webhook',
  allowed: 'a schedule of EventBridge: `rate(1 hour)`, `cron(0 6 * * ? *)` (UTC)',
  read: (value) => (typeof value === 'string' && schedule.test(value) ? value : undefined),
});
