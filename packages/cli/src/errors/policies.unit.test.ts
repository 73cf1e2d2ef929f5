import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { physicalName, scanQueue, tables } from '@waybill/shared/resources.ts';
import { expect, test } from 'vitest';
import { policiesFor, rules } from './policies.ts';

test('the policies that an error names are outputs of the data stack', () => {
  const stack = readFileSync(fileURLToPath(import.meta.resolve('../../../../infra/src/data/data-stack.ts')), 'utf8');
  for (const output of ['ObserverPolicyArn', ...rules.flatMap(({ outputs }) => outputs)])
    expect(stack).toMatch(new RegExp(`^ +${output}: `, 'm'));
});

test('a policy is found by the table or the URL of the queue, and by the action', () => {
  const url = (name: string) => `https://sqs.eu-west-1.amazonaws.com/123456789012/${physicalName('production', name)}`;
  const dead = url(scanQueue.deadLetterQueue.name);
  const table = (name: keyof typeof tables) => physicalName('production', tables[name].name);
  expect(policiesFor({ resource: dead, action: 'ReceiveMessage' })).toContain('RedrivePolicyArn');
  expect(policiesFor({ resource: dead, action: 'GetQueueAttributes' })).toEqual(['ObserverPolicyArn']);
  expect(policiesFor({ resource: url(scanQueue.name), action: 'SendMessageBatch' })).toContain('ReplayPolicyArn');
  expect(policiesFor({ resource: undefined, action: 'StartMessageMoveTask' })).toEqual(['RedrivePolicyArn']);
  expect(policiesFor({ resource: table('failures'), action: 'DeleteItem' })).toEqual(['FailuresPolicyArn']);
  expect(policiesFor({ resource: table('checkpoints'), action: 'UpdateItem' })).toEqual(['CheckpointPolicyArn']);
  expect(policiesFor({ resource: table('parcels'), action: 'UpdateItem' })).toEqual(['RepairPolicyArn']);
  expect(policiesFor({ resource: table('parcels'), action: 'Query' })).toEqual(['ObserverPolicyArn']);
  expect(policiesFor({ resource: table('operations'), action: 'PutItem' })).toEqual([]);
});
