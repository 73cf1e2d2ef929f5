import { ownDays } from '../data/backups.ts';
import type { Deployment } from './deployment.ts';
import type { MeasuredLoad } from './measured-loads.ts';
import { type Line, lineOf, total } from './monthly-cost.ts';
import { rate, row, usd } from './page-format.ts';
import { byDefault, comparedKeepings, type Keeping, shownRetention, tableStorage } from './stored-parcels.ts';

/** A key for the vault of each account. */
const keys = 2;
/** Metrics in the alarm `backup-failed`. */
const alarmMetrics = 3;

/**
 * Monthly lines of backups in another account. Each is a whole copy of the tables (AWS Backup, "Feature availability by
 * resource": no incremental backup of DynamoDB), so what is kept grows with their number. Tables other than parcels are small.
 */
export function backupLines(
  load: MeasuredLoad,
  everyDays: number,
  keptDays: number,
  keeping: Keeping = byDefault,
): Line[] {
  const gigabytes = tableStorage(load.eventsPerSecond, keeping);
  const copies = (days: number) => Math.max(1, Math.ceil(days / everyDays));
  return [
    lineOf('AWS Backup', 'in the account of the deployment', 'backupStorage', copies(ownDays) * gigabytes),
    lineOf('AWS Backup', 'in the other account', 'backupStorage', copies(keptDays) * gigabytes),
    lineOf('KMS', 'keys of both vaults', 'kmsKey', keys),
    lineOf('CloudWatch', 'metrics in the alarm', 'alarmMetric', alarmMetrics),
  ];
}

/** `docs/cost.md`: backups in another account, by how often they are made. */
export function backupSection({ context }: Deployment, loads: readonly MeasuredLoad[]): string[] {
  const { backupDays } = context;
  const of = (everyDays: number, keeping: Keeping) =>
    loads.map((load) => usd(total(backupLines(load, everyDays, backupDays, keeping))));
  const [kept90 = byDefault] = comparedKeepings;
  return [
    '## Backups in another account',
    '',
    `What \`backupVaultArn\` adds per month, with copies kept for ${backupDays} days there and ${ownDays} days here:`,
    '',
    row('parcels kept', 'a backup every', ...loads.map(rate)),
    row('---', '---', ...loads.map(() => '---:')),
    ...[kept90, byDefault].flatMap((keeping) => [
      row(shownRetention(keeping), 'week', ...of(7, keeping)),
      row(shownRetention(keeping), 'day', ...of(1, keeping)),
    ]),
    '',
    "- AWS Backup copies a table of DynamoDB whole each time, and bills each copy by what the table holds. So the default is once a week (`backupSchedule`): what is newer is read again from the carrier's feed ([recovery](recovery.md)). A backup every day is for a feed that does not reach back a week.",
    '- Not included: transfer to a vault in another region, and restores, which are billed by the gigabyte.',
    '',
  ];
}
