import { regionVariables, type ShellVariables, shellLines } from '@waybill/shared/process/shell-variables.ts';
import type { ProvisionerOptions } from './config.ts';
import type { Resources } from './provision.ts';
import type { Drift, ProvisionResult } from './provision-result.ts';

/** What was created, what existed, what differs: a line for each queue and table, and below it each difference. */
export function resultLines(results: readonly ProvisionResult[]): string[] {
  return results.flatMap(({ kind, name, isCreated, drift, lacks }) => {
    const state = drift.length > 0 ? 'DRIFT' : isCreated ? 'created' : 'exists';
    return [
      `${state.padEnd(9)}${kind.padEnd(7)}${name}`,
      ...drift.flatMap(driftLines),
      ...lacks.map((what) => `         this engine has no ${what}`),
    ];
  });
}

function driftLines({ setting, expected, found, fix, advice }: Drift): string[] {
  const hint = fix || advice ? '' : '  (--fix cannot change it)';
  return [
    `         ${setting}`,
    `           expected ${expected}`,
    `           found    ${found}${hint}`,
    ...(advice ? [`           ${advice}`] : []),
  ];
}

/** The variables with which every process, `waybill` and the AWS CLI find these resources. */
export function resourceVariables({ endpoints, region }: ProvisionerOptions, resources: Resources): ShellVariables {
  return {
    ...regionVariables(region),
    ...(endpoints && { AWS_ENDPOINT_URL_SQS: endpoints.sqs, AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb }),
    SCAN_QUEUE_URL: resources.scanQueueUrl,
    CHECKPOINTS_TABLE: resources.checkpointsTable,
    PARCELS_TABLE: resources.parcelsTable,
    FAILURES_TABLE: resources.failuresTable,
    OPERATIONS_TABLE: resources.operationsTable,
    BATCHES_TABLE: resources.batchesTable,
    NOTIFICATIONS_TABLE: resources.notificationsTable,
    ACTIVITY_TABLE: resources.activityTable,
    ANNOUNCEMENT_QUEUE_URLS: resources.announcementQueueUrl,
    NOTIFICATION_QUEUE_URL: resources.announcementQueueUrl,
  };
}

/** The variables, to be pasted into a shell. */
export function variableLines(variables: ShellVariables): string[] {
  return [
    'SCAN_API_URL' in variables
      ? 'For the processes, waybill and the AWS CLI, besides credentials:'
      : 'For the processes, waybill and the AWS CLI, besides credentials,\nSCAN_API_URL, WEBHOOK_* and API_TOKENS:',
    ...shellLines(variables).map((line) => `  ${line}`),
  ];
}

/** What the reader can do about drift. */
export function adviceLines(results: readonly ProvisionResult[], isFixing: boolean): string[] {
  const drift = results.flatMap((result) => result.drift);
  if (drift.length === 0) return [];
  const lines = [
    `${drift.length} ${drift.length === 1 ? 'setting differs' : 'settings differ'} from packages/shared/src/resources.ts.`,
  ];
  if (!isFixing && drift.some(({ fix }) => fix))
    lines.push('npm run provision -- --fix corrects what can be corrected.');
  if (drift.some(({ fix, advice }) => !fix && !advice))
    lines.push('The rest needs another name (--prefix), or a decision about the data in it.');
  return lines;
}
