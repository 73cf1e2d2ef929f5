import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { onlyOf, resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const other = 'arn:aws:backup:eu-west-1:111122223333:backup-vault:waybill-prod';
const synthesized = synthesize({
  environment: 'test',
  stacks: 'data',
  backupVaultArn: other,
  backupDays: 90,
  webhooks: [
    { name: 'shop', url: 'https://shop.example/hook', secretsName: 'shop/signing' },
    { name: 'erp', url: 'https://erp.example/hook', secretsName: 'erp/signing', ownTable: true },
  ],
});
const data = stackOf(synthesized, 'data');

const statement = z.object({
  Action: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
  Resource: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
  Principal: z.unknown().optional(),
  Condition: z.unknown().optional(),
});
const policy = z.object({ Statement: z.array(statement) });

function allowed(given: unknown): string[] {
  return policy
    .parse(given)
    .Statement.flatMap(({ Action, Resource }) => Action.flatMap((action) => Resource.map((one) => `${action} ${one}`)))
    .toSorted();
}

describe('backups in another account', () => {
  it('are made by a plan: a week here, as long as the context says there', () => {
    expect(synthesized.findings).toEqual([]);
    expect(onlyOf(data, 'AWS::Backup::BackupPlan')['BackupPlan']).toEqual({
      BackupPlanName: 'waybill-test',
      BackupPlanRule: [
        {
          RuleName: 'tables',
          TargetBackupVault: '<BackupsVault.BackupVaultName>',
          ScheduleExpression: 'cron(0 3 ? * SUN *)',
          Lifecycle: { DeleteAfterDays: 7 },
          CopyActions: [{ DestinationBackupVaultArn: other, Lifecycle: { DeleteAfterDays: 90 } }],
        },
      ],
    });
  });

  it('have every table but those of failures, which hold ids of people and are erased for good a week later, and of activity', () => {
    const tables = [...resourcesOf(data, 'AWS::DynamoDB::Table').keys()].map((id) => `<${id}.Arn>`);
    const { Resources } = z
      .object({ Resources: z.array(z.string()) })
      .parse(onlyOf(data, 'AWS::Backup::BackupSelection')['BackupSelection']);
    expect(tables.filter((table) => !Resources.includes(table))).toEqual(['<Failures.Arn>', '<Activity.Arn>']);
    expect(Resources).toContain('<Notificationserp.Arn>');
  });

  it('are encrypted with a key that is renewed, which the other account may use and nobody else', () => {
    expect(onlyOf(data, 'AWS::Backup::BackupVault')).toMatchObject({
      BackupVaultName: 'waybill-test',
      EncryptionKeyArn: '<BackupsKey.Arn>',
    });
    const key = onlyOf(data, 'AWS::KMS::Key');
    expect(key['EnableKeyRotation']).toBe(true);
    const { Statement } = policy.parse(key['KeyPolicy']);
    const both = { AWS: ['<BackupsRole.Arn>', 'arn:<AWS::Partition>:iam::111122223333:root'] };
    expect(Statement.map(({ Action, Principal, Condition }) => [Action, Principal, Condition])).toEqual([
      [['kms:*'], { AWS: 'arn:<AWS::Partition>:iam::<AWS::AccountId>:root' }, undefined],
      [['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'], both, undefined],
      [['kms:CreateGrant'], both, { Bool: { 'kms:GrantIsForAWSResource': 'true' } }],
    ]);
  });

  it('can come back: the other account may copy into the vault, and nothing else', () => {
    expect(onlyOf(data, 'AWS::Backup::BackupVault')['AccessPolicy']).toMatchObject({
      Statement: [
        {
          Action: 'backup:CopyIntoBackupVault',
          Principal: { AWS: 'arn:<AWS::Partition>:iam::111122223333:root' },
        },
      ],
    });
  });

  it('are made by a role that only AWS Backup in this account takes, and that may do exactly this', () => {
    const { AssumeRolePolicyDocument } = resourcesOf(data, 'AWS::IAM::Role').get('BackupsRole') ?? {};
    expect(AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'backup.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } },
        },
      ],
    });
    const tables = ['Batches', 'Checkpoints', 'Notifications', 'Notificationserp', 'Operations', 'Parcels'];
    const mine = 'arn:<AWS::Partition>:backup:<AWS::Region>:<AWS::AccountId>:recovery-point:*';
    expect(allowed(resourcesOf(data, 'AWS::IAM::Policy').get('BackupsRoleDefaultPolicy')?.['PolicyDocument'])).toEqual(
      [
        ...['DescribeTable', 'ListTagsOfResource', 'StartAwsBackupJob'].flatMap((action) =>
          tables.map((table) => `dynamodb:${action} <${table}.Arn>`),
        ),
        `backup:CopyFromBackupVault ${mine}`,
        `backup:CopyIntoBackupVault <BackupsVault.BackupVaultArn>`,
        `backup:CopyIntoBackupVault ${other}`,
        `backup:DescribeBackupVault <BackupsVault.BackupVaultArn>`,
        `backup:DescribeBackupVault ${other}`,
        `backup:TagResource ${mine}`,
        'tag:GetResources *',
      ].toSorted(),
    );
  });

  it('stay when the stack loses them, as what they are made of', () => {
    for (const { Type, DeletionPolicy } of Object.values(data.resources))
      if (Type === 'AWS::Backup::BackupVault' || Type === 'AWS::KMS::Key') expect(DeletionPolicy).toBe('Retain');
  });

  it('raise an alarm when one fails, is not begun in time, or is not copied', () => {
    const { Metrics, Threshold, TreatMissingData } =
      resourcesOf(data, 'AWS::CloudWatch::Alarm').get('BackupsFailed') ?? {};
    expect([Threshold, TreatMissingData]).toEqual([1, 'notBreaching']);
    expect(JSON.stringify(Metrics)).toMatch(
      /NumberOfBackupJobsFailed.*NumberOfBackupJobsExpired.*NumberOfCopyJobsFailed/,
    );
  });
});

it('without a vault there is nothing of AWS Backup, and no key that costs money', () => {
  const { resources } = stackOf(synthesize({ environment: 'test', stacks: 'data' }), 'data');
  expect(Object.values(resources).filter(({ Type }) => /^AWS::(Backup|KMS)::/.test(Type))).toEqual([]);
});
