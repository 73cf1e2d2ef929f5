import { contextKey, flag, oneOf, readFlag, wholeNumber } from './context-key.ts';

/** Units per second that a table has at most (DynamoDB, "Quotas": 40,000 per table; a higher one is granted on request). */
export const mostUnits = 40_000;

/** The ARN of a backup vault, with its account. Names of vaults: 2–50 letters, digits, `-` and `_` (AWS Backup, CreateBackupVault). */
const vaultArn = /^arn:aws[a-z-]*:backup:[a-z0-9-]+:(\d{12}):backup-vault:[A-Za-z0-9_-]{2,50}$/;

/** The tables. */
export const dataKeys = {
  openIndex: contextKey({
    meaning:
      'true: the parcels table has the index `open-parcels` of what is not delivered: 2 write units a parcel in its life. It can be added to a [table in use](../infra/RUNBOOK.md#add-the-index-of-open-parcels). The API needs it to list open parcels',
    allowed: '`true` or `false`',
    shownDefault: 'the value of `api`',
    read: readFlag,
  }),
  parcelStream: flag({
    meaning:
      'true: the parcels table has a DynamoDB stream with new and old images, for programs of your own; the output `ParcelStreamArn` names it',
    default: false,
  }),
  capacity: oneOf(['on-demand', 'provisioned'], {
    meaning:
      'how the parcels table is paid. `on-demand`: by request. `provisioned`: by the hour, for units that follow the load; [less than half the price](cost.md#provisioned-capacity) where the load is steady. It needs `eventsPerSecond`. [Switch it](../infra/RUNBOOK.md#switch-how-the-parcels-table-is-paid) in a deployment of its own',
    default: 'on-demand',
  }),
  eventsPerSecond: wholeNumber({
    meaning:
      'with `capacity=provisioned`: events per second that are expected, averaged over a day. Units of the parcels table and of its index are computed from it',
    min: 1,
    max: mostUnits,
  }),
  minWriteUnits: wholeNumber({
    meaning: 'with `capacity=provisioned`: write units that the parcels table always has',
    min: 1,
    max: mostUnits,
    shownDefault: 'enough for a quarter of `eventsPerSecond`',
  }),
  maxWriteUnits: wholeNumber({
    meaning:
      'with `capacity=provisioned`: write units to which the parcels table grows, and so what it can cost at most. More are used after an outage, in a catch-up and in a replay',
    min: 1,
    max: mostUnits,
    shownDefault: 'enough for ten times `eventsPerSecond`',
  }),
  backupVaultArn: contextKey({
    meaning:
      'a vault of AWS Backup in another account, to which [backups of the tables are copied](../infra/RUNBOOK.md#back-up-to-another-account). Without it there is no backup beside point-in-time recovery',
    allowed: 'the ARN of a backup vault',
    read: (value) => {
      const [arn, account] = typeof value === 'string' ? (vaultArn.exec(value) ?? []) : [];
      return arn === undefined || account === undefined ? undefined : { arn, account };
    },
  }),
  backupSchedule: contextKey({
    meaning:
      'when backups are made. [Each is a whole copy](cost.md#backups-in-another-account), so every day costs seven times as much as every week',
    allowed: 'a schedule of AWS Backup: `cron(0 3 ? * SUN *)` (UTC)',
    default: 'cron(0 3 ? * SUN *)',
    read: (value) => (typeof value === 'string' && /^cron\([^()]{11,80}\)$/.test(value) ? value : undefined),
  }),
  backupDays: wholeNumber({
    meaning:
      'days that a copy in the other account is kept. Those in the account of the deployment are deleted after a week',
    min: 1,
    max: 36_500,
    default: 35,
  }),
};
