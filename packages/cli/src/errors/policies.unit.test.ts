import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { physicalName, scanQueue, tables } from '@waybill/shared/resources.ts';
import { expect, test } from 'vitest';
import { policyFor, policyOutputs } from './policies.ts';

test('the policies that an error names are outputs of the data stack', () => {
  const stack = readFileSync(fileURLToPath(import.meta.resolve('../../../../infra/src/data/data-stack.ts')), 'utf8');
  for (const output of Object.values(policyOutputs)) expect(stack).toContain(`${output}: policies.`);
});

test('a policy is found by the name of the table, by the URL of the queue, and not for what is unknown', () => {
  const url = (name: string) => `https://sqs.eu-west-1.amazonaws.com/123456789012/${physicalName('production', name)}`;
  expect(policyFor({ resource: url(scanQueue.name) })).toBe('RedrivePolicyArn');
  expect(policyFor({ resource: url(scanQueue.deadLetterQueue.name) })).toBe('RedrivePolicyArn');
  expect(policyFor({ resource: physicalName('production', tables.failures.name) })).toBe('FailuresPolicyArn');
  expect(policyFor({ resource: 'another' })).toBeUndefined();
  expect(policyFor({ resource: undefined })).toBeUndefined();
});
