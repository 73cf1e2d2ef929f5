import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resourcesOf } from '../synthesis/resources.ts';
import { stackOf, synthesize } from '../synthesis/synthesize.ts';

const services = stackOf(
  synthesize({
    apiUrl: 'https://carrier.example/v1/scans/scanevents',
    apiOauthSecret: 'carrier/oauth',
    apiClientCertSecret: 'carrier/client',
    api: true,
    apiCallersSecret: 'waybill/callers',
    apiPushersSecret: 'waybill/pushers',
    webhooks: [
      {
        name: 'shop',
        url: 'https://shop.example/hook',
        secretsName: 'shop/signing',
        reportUrl: 'https://erp.example/told',
        reportTokenSecret: 'shop/report',
      },
    ],
    notifySweep: 'rate(1 hour)',
  }),
  'services',
);

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const policies = z.array(
  z.object({
    PolicyDocument: z.object({
      Statement: z.array(
        z.strictObject({
          Action: texts,
          Effect: z.literal('Allow'),
          Resource: texts,
          Condition: z.unknown().optional(),
          Sid: z.string().optional(),
        }),
      ),
    }),
    Roles: z.array(z.string()),
  }),
);

/** What each role may do, one line `action resource` each. */
function permissions(): Readonly<Record<string, readonly string[]>> {
  const given = new Map<string, string[]>([...resourcesOf(services, 'AWS::IAM::Role').keys()].map((id) => [id, []]));
  for (const { PolicyDocument, Roles } of policies.parse([...resourcesOf(services, 'AWS::IAM::Policy').values()])) {
    const lines = PolicyDocument.Statement.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) =>
        Resource.map((resource) => `${action} ${resource.replace(/^arn:<AWS::Partition>:/, '')}`),
      ),
    );
    for (const role of Roles) given.set(role.slice(1, -1), [...(given.get(role.slice(1, -1)) ?? []), ...lines]);
  }
  return Object.fromEntries([...given].map(([role, lines]) => [role, lines.toSorted()]));
}

const anImage =
  'ecr:<AWS::Region>:<AWS::AccountId>:repository/cdk-hnb659fds-container-assets-<AWS::AccountId>-<AWS::Region>';
const start = (construct: string) => [
  `ecr:BatchCheckLayerAvailability ${anImage}`,
  `ecr:BatchGetImage ${anImage}`,
  `ecr:GetAuthorizationToken *`,
  `ecr:GetDownloadUrlForLayer ${anImage}`,
  `logs:CreateLogStream <${construct}Logs.Arn>`,
  `logs:PutLogEvents <${construct}Logs.Arn>`,
];
const notifications = 'dynamodb:<AWS::Region>:<AWS::AccountId>:table/dev-waybill-notifications';
const announcements = 'sqs:<AWS::Region>:<AWS::AccountId>:dev-waybill-announcements-shop';
const mayRead = (secret: string) => {
  const resource = `secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${secret}-??????`;
  return [`secretsmanager:DescribeSecret ${resource}`, `secretsmanager:GetSecretValue ${resource}`];
};

describe('the roles', () => {
  it('may do exactly this', () => {
    expect(permissions()).toEqual({
      PollerServiceTaskTaskRole: [
        'dynamodb:DescribeTable <Checkpoints.Arn>',
        'dynamodb:GetItem <Checkpoints.Arn>',
        'dynamodb:PutItem <Activity.Arn>',
        'dynamodb:UpdateItem <Checkpoints.Arn>',
        'sqs:GetQueueAttributes <ScanQueue.Arn>',
        'sqs:SendMessage <ScanQueue.Arn>',
      ],
      PollerServiceTaskExecutionRole: [
        ...start('PollerService'),
        ...mayRead('carrier/client'),
        ...mayRead('carrier/oauth'),
      ].toSorted(),
      ApiServiceTaskTaskRole: [
        'dynamodb:BatchGetItem <Failures.Arn>',
        'dynamodb:BatchGetItem <Parcels.Arn>',
        `dynamodb:BatchGetItem ${notifications}`,
        'dynamodb:DescribeTable <Batches.Arn>',
        'dynamodb:DescribeTable <Checkpoints.Arn>',
        'dynamodb:DescribeTable <Failures.Arn>',
        'dynamodb:DescribeTable <Operations.Arn>',
        'dynamodb:DescribeTable <Parcels.Arn>',
        `dynamodb:DescribeTable ${notifications}`,
        'dynamodb:GetItem <Batches.Arn>',
        'dynamodb:GetItem <Checkpoints.Arn>',
        'dynamodb:GetItem <Failures.Arn>',
        'dynamodb:GetItem <Operations.Arn>',
        'dynamodb:GetItem <Parcels.Arn>',
        `dynamodb:GetItem ${notifications}`,
        'dynamodb:PutItem <Batches.Arn>',
        'dynamodb:PutItem <Operations.Arn>',
        'dynamodb:Query <Batches.Arn>/index/recent',
        'dynamodb:Query <Failures.Arn>/index/unresolved',
        'dynamodb:Query <Operations.Arn>/index/recent',
        'dynamodb:Query <Parcels.Arn>/index/open-parcels',
        `dynamodb:Query ${notifications}/index/unfinished`,
        'dynamodb:Scan <Activity.Arn>',
        'dynamodb:Scan <Failures.Arn>',
        'dynamodb:Scan <Parcels.Arn>',
        `dynamodb:Scan ${notifications}`,
        'dynamodb:UpdateItem <Batches.Arn>',
        'dynamodb:UpdateItem <Operations.Arn>',
        `dynamodb:UpdateItem ${notifications}`,
        'sqs:CancelMessageMoveTask <ScanQueueDeadLetters.Arn>',
        'sqs:ChangeMessageVisibility <ScanQueueDeadLetters.Arn>',
        'sqs:DeleteMessage <ScanQueueDeadLetters.Arn>',
        'sqs:GetQueueAttributes <ScanQueue.Arn>',
        'sqs:GetQueueAttributes <ScanQueueDeadLetters.Arn>',
        'sqs:GetQueueUrl <ScanQueueDeadLetters.Arn>',
        'sqs:ListMessageMoveTasks <ScanQueueDeadLetters.Arn>',
        'sqs:ReceiveMessage <ScanQueueDeadLetters.Arn>',
        'sqs:SendMessage <ScanQueue.Arn>',
        'sqs:StartMessageMoveTask <ScanQueueDeadLetters.Arn>',
      ],
      ApiServiceTaskExecutionRole: [
        ...start('ApiService'),
        ...mayRead('waybill/callers'),
        ...mayRead('waybill/pushers'),
        ...mayRead('shop/signing'),
        ...mayRead('shop/report'),
      ].toSorted(),
      NotifiershopServiceTaskTaskRole: [
        'dynamodb:BatchGetItem <Parcels.Arn>',
        `dynamodb:BatchGetItem ${notifications}`,
        'dynamodb:DeleteItem <Failures.Arn>',
        'dynamodb:DescribeTable <Failures.Arn>',
        'dynamodb:DescribeTable <Parcels.Arn>',
        `dynamodb:DescribeTable ${notifications}`,
        'dynamodb:GetItem <Parcels.Arn>',
        'dynamodb:PutItem <Activity.Arn>',
        'dynamodb:UpdateItem <Failures.Arn>',
        `dynamodb:UpdateItem ${notifications}`,
        `sqs:ChangeMessageVisibility ${announcements}`,
        `sqs:DeleteMessage ${announcements}`,
        `sqs:GetQueueAttributes ${announcements}`,
        `sqs:GetQueueAttributes ${announcements}-dlq`,
        `sqs:ReceiveMessage ${announcements}`,
        `sqs:SendMessage ${announcements}`,
      ],
      NotifiershopServiceTaskExecutionRole: [
        ...start('NotifiershopService'),
        ...mayRead('shop/report'),
        ...mayRead('shop/signing'),
      ].toSorted(),
      ProcessorServiceTaskTaskRole: [
        'dynamodb:DeleteItem <Failures.Arn>',
        // Of batches with the API only.
        'dynamodb:DescribeTable <Batches.Arn>',
        'dynamodb:DescribeTable <Failures.Arn>',
        'dynamodb:DescribeTable <Parcels.Arn>',
        'dynamodb:GetItem <Parcels.Arn>',
        'dynamodb:PartiQLInsert <Parcels.Arn>',
        'dynamodb:PartiQLUpdate <Parcels.Arn>',
        'dynamodb:PutItem <Activity.Arn>',
        'dynamodb:UpdateItem <Batches.Arn>',
        'dynamodb:UpdateItem <Failures.Arn>',
        'dynamodb:UpdateItem <Parcels.Arn>',
        'sqs:ChangeMessageVisibility <ScanQueue.Arn>',
        'sqs:DeleteMessage <ScanQueue.Arn>',
        'sqs:GetQueueAttributes <ScanQueue.Arn>',
        'sqs:GetQueueAttributes sqs:<AWS::Region>:<AWS::AccountId>:dev-waybill-scans-dlq',
        'sqs:ReceiveMessage <ScanQueue.Arn>',
        'sqs:SendMessage <ScanQueue.Arn>',
        // Of milestones, to the queue of each webhook only.
        `sqs:SendMessage ${announcements}`,
      ],
      ProcessorServiceTaskExecutionRole: start('ProcessorService'),
      // All else that it may do is in the operators' policies.
      OperatorTaskTaskRole: [
        `dynamodb:BatchGetItem ${notifications}`,
        `dynamodb:UpdateItem ${notifications}`,
        `sqs:SendMessage ${announcements}`,
      ],
      OperatorTaskExecutionRole: [
        ...start('OperatorTask'),
        ...mayRead('carrier/client'),
        ...mayRead('carrier/oauth'),
        ...mayRead('shop/report'),
        ...mayRead('shop/signing'),
      ].toSorted(),
      // Only this task, in this cluster, with its own two roles.
      SweepshopRole: [
        'ecs:RunTask <OperatorTask>',
        'ecs:TagResource ecs:<AWS::Region>:<AWS::AccountId>:task/waybill-dev/*',
        'iam:PassRole <OperatorTaskExecutionRole.Arn>',
        'iam:PassRole <OperatorTaskTaskRole.Arn>',
      ],
    });
  });

  it('have no other policies, managed or inline, but for the task of operators, which cannot read what failed', () => {
    for (const [id, role] of resourcesOf(services, 'AWS::IAM::Role')) {
      const managed = ['Observer', 'Redrive', 'Checkpoint', 'Replay', 'Repair'].map((name) => `<Operators${name}>`);
      expect([id, role['ManagedPolicyArns']]).toEqual([id, id === 'OperatorTaskTaskRole' ? managed : undefined]);
      expect(role).not.toHaveProperty('Policies');
      expect(JSON.stringify(role['AssumeRolePolicyDocument'])).toContain(
        id === 'SweepshopRole' ? 'scheduler.amazonaws.com' : 'ecs-tasks.amazonaws.com',
      );
    }
  });
});

describe('the actions that a role has are those that its process calls', () => {
  it.each([
    ['poller', 'poller'],
    ['processor', 'processor'],
    ['api', 'api'],
    ['notifier', 'notifiershop'],
  ])('%s', async (process, construct) => {
    const [, lines = []] =
      Object.entries(permissions()).find(([role]) => role.toLowerCase() === `${construct}servicetasktaskrole`) ?? [];
    const granted = new Set(lines.map((line) => line.split(' ')[0]));
    expect(granted).toEqual(await calledBy(process));
  });
});

/** The IAM actions of the commands in a process's bundle, which leaves unused code out. */
async function calledBy(process: string): Promise<ReadonlySet<string | undefined>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../../../packages/${process}/src/main.ts`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    plugins: [
      {
        name: 'packages of others stay outside',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^./]/ }, ({ path }) =>
            path.startsWith('@waybill/') ? undefined : { path, external: true },
          ),
      },
    ],
  });
  const code = outputFiles.map(({ text }) => text).join('\n');
  const commands = [...code.matchAll(/\bnew (\w+)Command\d*\(|\bpaginate(\w+)\(/g)].flatMap(
    ([, command, paged]) => command ?? paged ?? [],
  );
  return new Set(commands.flatMap((command) => actionsOf(command, code)));
}

/**
 * Of a command's name: the batches of SQS need the action of one, the document client's names leave `Item` out, and a
 * statement needs the action of its verb.
 */
function actionsOf(command: string, code: string): readonly string[] {
  if (/Message|Queue/.test(command)) return [`sqs:${command.replace(/Batch$/, '')}`];
  if (command === 'BatchExecuteStatement') {
    const verbs = [...code.matchAll(/`(INSERT INTO|UPDATE|SELECT|DELETE FROM|EXISTS) "/g)].map(([, verb]) => verb);
    return verbs.map((verb) => `dynamodb:PartiQL${verb?.[0]}${verb?.split(' ')[0]?.slice(1).toLowerCase()}`);
  }
  return [`dynamodb:${/^(Update|Get|Delete|Put|BatchGet)$/.test(command) ? `${command}Item` : command}`];
}
