import { activityVariable } from '@waybill/shared/process/activity-variable.ts';
import { httpUrl, optionalTableName, pattern, readEnv, tableName } from '@waybill/shared/process/env.ts';
import { z } from 'zod';
import type { Environment } from '../io.ts';

/** The variables that name what commands work with. */
export const nameVariables = {
  SCAN_QUEUE_URL: httpUrl({ meaning: 'URL of the scan queue' }),
  PARCELS_TABLE: tableName({ meaning: 'table of parcel states' }),
  CHECKPOINTS_TABLE: tableName({ meaning: 'table of the position and the lease' }),
  FAILURES_TABLE: tableName({ meaning: 'table of failure records' }),
  OPERATIONS_TABLE: tableName({ meaning: 'table of what operators did' }),
  BATCHES_TABLE: optionalTableName({ meaning: 'table of batches that were pushed over HTTP' }),
  NOTIFICATIONS_TABLE: optionalTableName({ meaning: 'table of notifications' }),
  ACTIVITY_TABLE: activityVariable.ACTIVITY_TABLE,
  FEED: pattern(/^[A-Za-z0-9._-]{1,128}$/, {
    allowed: '1–128 of `A-Za-z0-9._-`',
    default: 'scan-events',
    meaning: "key of the poller's checkpoint",
  }),
};

/** The values of these variables; an optional one that is not set is undefined. Throws `CONFIG_INVALID` with every mistake. */
export function readNames(
  names: readonly (keyof typeof nameVariables)[],
  env: Environment,
): Readonly<Record<string, string | undefined>> {
  const asked = Object.fromEntries(names.map((name) => [name, nameVariables[name]]));
  const read = readEnv(z.object(asked), env);
  return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, value === '' ? undefined : value]));
}
