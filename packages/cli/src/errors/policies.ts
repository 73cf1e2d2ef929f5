import { scanQueue, tables } from '@waybill/shared/resources.ts';
import type { Call } from '../tools/watch-calls.ts';

/** The data stack's outputs with the policies for operators, by what they allow to work with. The first one that fits. */
export const policyOutputs = {
  [scanQueue.deadLetterQueue.name]: 'RedrivePolicyArn',
  [scanQueue.name]: 'RedrivePolicyArn',
  [tables.failures.name]: 'FailuresPolicyArn',
  [tables.checkpoints.name]: 'CheckpointPolicyArn',
  [tables.parcels.name]: 'ParcelsReaderPolicyArn',
} as const;

/** The output that names the policy which allows this call; undefined for what each of them allows, or none. */
export function policyFor({ resource = '' }: Pick<Call, 'resource'>): string | undefined {
  return Object.entries(policyOutputs).find(([name]) => resource.endsWith(name))?.[1];
}
