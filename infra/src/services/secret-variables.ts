import { Secret as TaskSecret } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { WebhookContext } from '../context/webhooks.ts';

/**
 * Variables of a task that come from Secrets Manager, by the names of the secrets; those without one are left out. A task
 * reads them once, when it starts: a changed secret takes effect with the next one.
 */
export function secretVariables(
  scope: Construct,
  secretNames: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, TaskSecret>> {
  const given = Object.entries(secretNames).flatMap(([variable, name]) =>
    name ? [[variable, TaskSecret.fromSecretsManager(Secret.fromSecretNameV2(scope, variable, name))] as const] : [],
  );
  return Object.fromEntries(given);
}

/** The token of the Scan Event API. */
export function scanApiToken(scope: Construct, secretName: string | undefined): Readonly<Record<string, TaskSecret>> {
  return secretVariables(scope, { SCAN_API_TOKEN: secretName });
}

/** The secrets of a webhook, for a task that calls it. */
export function webhookSecrets(
  scope: Construct,
  { secretsName, reportTokenSecret }: WebhookContext,
): Readonly<Record<string, TaskSecret>> {
  return secretVariables(scope, { WEBHOOK_SECRETS: secretsName, REPORT_TOKEN: reportTokenSecret });
}
