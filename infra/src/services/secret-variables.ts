import { Secret as TaskSecret } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
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

/** What the Scan Event API demands, for a task that reads it. Certificate and key are one secret: they change together. */
export function scanApiSecrets(
  scope: Construct,
  names: Pick<Context, 'apiTokenSecret' | 'apiHeadersSecret' | 'apiOauthSecret' | 'apiClientCertSecret'>,
): Readonly<Record<string, TaskSecret>> {
  const { apiClientCertSecret: pair } = names;
  const secret = pair ? Secret.fromSecretNameV2(scope, 'SCAN_API_CLIENT_CERT', pair) : undefined;
  return {
    ...secretVariables(scope, {
      SCAN_API_TOKEN: names.apiTokenSecret,
      SCAN_API_HEADERS: names.apiHeadersSecret,
      SCAN_API_OAUTH: names.apiOauthSecret,
    }),
    ...(secret && {
      SCAN_API_CLIENT_CERT: TaskSecret.fromSecretsManager(secret, 'certificate'),
      SCAN_API_CLIENT_KEY: TaskSecret.fromSecretsManager(secret, 'privateKey'),
    }),
  };
}

/** The secrets of a webhook, for a task that calls it. */
export function webhookSecrets(
  scope: Construct,
  { secretsName, reportTokenSecret }: WebhookContext,
): Readonly<Record<string, TaskSecret>> {
  return secretVariables(scope, { WEBHOOK_SECRETS: secretsName, REPORT_TOKEN: reportTokenSecret });
}
