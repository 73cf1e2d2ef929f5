import { Secret as TaskSecret } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';

/** The API's token as a secret of a task, which reads it once, when it starts: a rotated token takes effect with the next one. */
export function apiToken(scope: Construct, secretName: string | undefined): Readonly<Record<string, TaskSecret>> {
  if (!secretName) return {};
  return { SCAN_API_TOKEN: TaskSecret.fromSecretsManager(Secret.fromSecretNameV2(scope, 'Token', secretName)) };
}
