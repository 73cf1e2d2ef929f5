import { hasCode, WaybillError } from '@waybill/shared/error.ts';
import type { IndexSettings } from '@waybill/shared/resources.ts';
import { z } from 'zod';
import { alarmAddresses, alarmKeys } from './alarm-keys.ts';
import { apiKeys } from './api-keys.ts';
import { shownValue } from './context-key.ts';
import { dataKeys } from './data-keys.ts';
import { deploymentKeys } from './deployment-keys.ts';
import { feedKeys } from './feed-keys.ts';
import { networkKeys } from './network-keys.ts';
import { missingForAlarms, missingForServices, missingForTables } from './required-keys.ts';
import { serviceKeys } from './service-keys.ts';
import { tagsKey } from './tags-key.ts';
import { notifySweepKey, webhooksKey } from './webhooks.ts';

/** Every key of the context. `docs/deployment-context.md` is made from it. */
export const contextKeys = {
  ...deploymentKeys,
  tags: tagsKey,
  ...feedKeys,
  ...alarmKeys,
  ...apiKeys,
  ...dataKeys,
  ...serviceKeys,
  webhooks: webhooksKey,
  notifySweep: notifySweepKey,
  ...networkKeys,
};

const schema = z.object(contextKeys);

/** The settings of a deployment from `cdk -c key=value`, `cdk.json` and `cdk.context.json`. */
export type Context = Omit<z.infer<typeof schema>, 'openIndex' | 'runbookUrl'> &
  IndexSettings & { readonly runbookUrl: string };

/**
 * Reads a deployment's context from everything that the CDK has as context. Throws `CONFIG_INVALID` with one line for every
 * wrong key: what was expected and what was given. A key that nothing reads is wrong too.
 */
export function readContext(given: Readonly<Record<string, unknown>>): Context {
  // Every key is present, if only as undefined, so that each schema can give its default.
  const result = schema.safeParse(Object.fromEntries(Object.keys(contextKeys).map((key) => [key, given[key]])));
  const lines = [
    ...(result.error?.issues ?? []).map(({ path, message }) => `  ${path.join('.')} ${message}`),
    ...missingForAlarms(given),
    ...missingForServices(given),
    ...missingForTables(given),
    ...unknownKeys(given).map((key) => `  ${key} is not a key of this app, got ${shownValue(given[key])}`),
  ];
  if (result.success && lines.length === 0) {
    const { data } = result;
    return {
      ...data,
      ...alarmAddresses(data),
      runbookUrl: data.runbookUrl ?? 'infra/RUNBOOK.md',
      openIndex: data.openIndex ?? data.api,
    };
  }
  throw new WaybillError(
    'CONFIG_INVALID',
    `The context is wrong (docs/deployment-context.md; -c key=value or infra/cdk.context.json):\n${lines.join('\n')}`,
  );
}

/** The CDK's own keys (feature flags, results of look-ups) all have a colon or a dash. A plain word was meant for this app. */
function unknownKeys(given: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(given).filter((key) => /^[A-Za-z0-9_]+$/.test(key) && !Object.hasOwn(contextKeys, key));
}

/** Whether an error comes from {@link readContext}. */
export function isContextError(error: unknown): error is WaybillError {
  return hasCode(error, 'CONFIG_INVALID');
}
