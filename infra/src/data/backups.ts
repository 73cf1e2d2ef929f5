import { ArnFormat, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import { MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Schedule } from 'aws-cdk-lib/aws-events';
import {
  AccountPrincipal,
  type IPrincipal,
  PolicyStatement,
  type PolicyStatementProps,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Context } from '../context/context.ts';
import { acknowledge } from '../findings/acknowledge.ts';
import { type AlarmSetting, WaybillAlarm } from '../monitoring/alarm.ts';

type BackupsProps = AlarmSetting & {
  readonly context: Pick<Context, 'environment' | 'backupSchedule' | 'backupDays'>;
  /** The vault in the other account. */
  readonly vault: NonNullable<Context['backupVaultArn']>;
  readonly tables: readonly Table[];
  readonly removalPolicy: RemovalPolicy;
};

/** Days after which a backup is deleted in the account of the deployment. Point-in-time recovery serves there; it is made to be copied. */
export const ownDays = 7;

/**
 * Backups of tables by AWS Backup, copied to a vault in another account: nobody who has all rights in the account of the
 * deployment can delete them there (docs/decisions/0192-backups-in-another-account.md). Each is encrypted with the key of the
 * vault that it is in; a vault whose copies leave the account needs a key of its own.
 */
export class Backups extends Construct {
  constructor(scope: Construct, id: string, props: BackupsProps) {
    super(scope, id);
    const { context, topics, vault, tables, removalPolicy } = props;
    const otherAccount = new AccountPrincipal(vault.account);
    const key = new Key(this, 'Key', {
      description: 'Waybill: backups of the tables, until they are copied to another account',
      enableKeyRotation: true,
      removalPolicy,
    });
    const own = new BackupVault(this, 'Vault', {
      backupVaultName: `waybill-${context.environment}`,
      encryptionKey: key,
      removalPolicy,
    });
    // The way back: a restore begins with a copy from the other account.
    own.addToAccessPolicy(
      new PolicyStatement({
        sid: 'CopiesComeBack',
        principals: [otherAccount],
        actions: ['backup:CopyIntoBackupVault'],
        resources: ['*'],
      }),
    );
    const role = new Role(this, 'Role', {
      description: 'Waybill: AWS Backup copies the tables to a vault of another account',
      assumedBy: new ServicePrincipal('backup.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    for (const statement of statements(Stack.of(this), tables, [own.backupVaultArn, vault.arn]))
      role.addToPolicy(statement);
    grantForBackups(key, [role, otherAccount]);
    const plan = new BackupPlan(this, 'Plan', {
      backupPlanName: `waybill-${context.environment}`,
      backupPlanRules: [
        new BackupPlanRule({
          ruleName: 'tables',
          backupVault: own,
          scheduleExpression: Schedule.expression(context.backupSchedule),
          deleteAfter: Duration.days(ownDays),
          copyActions: [
            {
              destinationBackupVault: BackupVault.fromBackupVaultArn(this, 'OtherVault', vault.arn),
              deleteAfter: Duration.days(context.backupDays),
            },
          ],
        }),
      ],
    });
    // AWS Backup looks at the role when a selection is made.
    plan.node.addDependency(role);
    plan.addSelection('Tables', {
      resources: tables.map((table) => BackupResource.fromDynamoDbTable(table)),
      role,
      disableDefaultBackupPolicy: true,
    });
    const ofRecoveryPoints = 'arn:<AWS::Partition>:backup:<AWS::Region>:<AWS::AccountId>:recovery-point:*';
    acknowledge(role, {
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${ofRecoveryPoints}]`]:
        'The ids of recovery points are not known beforehand.',
      'AwsSolutions::AwsSolutions-IAM5[Resource::*]': 'tag:GetResources has no resource to name.',
    });
    new WaybillAlarm(this, 'Failed', {
      context,
      topics,
      section: 'backup-failed',
      severity: 'warning',
      impact: 'A backup of a table failed, or its copy to the other account: what is there is older than it should be.',
      metric: failedJobs(),
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}

/** What AWS Backup does: as its own policy for backups (`AWSBackupServiceRolePolicyForBackup`), for these tables and vaults only. */
function statements(stack: Stack, tables: readonly Table[], vaultArns: string[]): PolicyStatement[] {
  const recoveryPoints = stack.formatArn({
    service: 'backup',
    resource: 'recovery-point',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return [
    new PolicyStatement({
      actions: ['dynamodb:DescribeTable', 'dynamodb:ListTagsOfResource', 'dynamodb:StartAwsBackupJob'],
      resources: tables.map(({ tableArn }) => tableArn),
    }),
    new PolicyStatement({
      actions: ['backup:CopyIntoBackupVault', 'backup:DescribeBackupVault'],
      resources: vaultArns,
    }),
    new PolicyStatement({ actions: ['backup:CopyFromBackupVault', 'backup:TagResource'], resources: [recoveryPoints] }),
    new PolicyStatement({ actions: ['tag:GetResources'], resources: ['*'] }),
  ];
}

/** Lets principals make and copy backups that are encrypted with a key. */
function grantForBackups(key: Key, principals: readonly IPrincipal[]): void {
  const allow = (actions: string[], conditions: PolicyStatementProps['conditions'] = {}) =>
    key.addToResourcePolicy(
      new PolicyStatement({ principals: [...principals], actions, resources: ['*'], conditions }),
    );
  allow(['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey']);
  allow(['kms:CreateGrant'], { Bool: { 'kms:GrantIsForAWSResource': 'true' } });
}

/**
 * By the type of resource, not by vault: of a copy, AWS does not say which of its two vaults the metric names. So it counts
 * the backups of other DynamoDB tables in the account, too.
 */
function failedJobs(): MathExpression {
  const jobs = (metricName: string) =>
    new Metric({ namespace: 'AWS/Backup', metricName, dimensionsMap: { ResourceType: 'DynamoDB' }, statistic: 'Sum' });
  const usingMetrics = {
    failed: jobs('NumberOfBackupJobsFailed'),
    expired: jobs('NumberOfBackupJobsExpired'),
    notCopied: jobs('NumberOfCopyJobsFailed'),
  };
  return new MathExpression({
    expression: Object.keys(usingMetrics)
      .map((id) => `FILL(${id}, 0)`)
      .join(' + '),
    usingMetrics,
    period: Duration.hours(1),
    label: 'backups and copies that failed',
  });
}
