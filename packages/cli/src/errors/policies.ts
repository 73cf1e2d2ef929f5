import { scanQueue, tables } from '@waybill/shared/resources.ts';
import type { Call } from '../tools/watch-calls.ts';

type Rule = {
  /** The end of the queue's or table's name. */
  readonly of: string;
  readonly actions: readonly string[];
  /** The data stack's outputs with the policies that allow it. */
  readonly outputs: readonly string[];
};

/** What acts do besides looking, and the policies that allow it; the first rule that fits. */
export const rules: readonly Rule[] = [
  {
    of: scanQueue.deadLetterQueue.name,
    actions: [
      'ReceiveMessage',
      'DeleteMessage',
      'DeleteMessageBatch',
      'ChangeMessageVisibility',
      'ChangeMessageVisibilityBatch',
    ],
    outputs: ['RedrivePolicyArn', 'FailuresPolicyArn'],
  },
  {
    of: scanQueue.name,
    actions: ['SendMessage', 'SendMessageBatch'],
    outputs: ['RedrivePolicyArn', 'ReplayPolicyArn'],
  },
  {
    of: '',
    actions: ['StartMessageMoveTask', 'ListMessageMoveTasks', 'CancelMessageMoveTask'],
    outputs: ['RedrivePolicyArn'],
  },
  { of: tables.failures.name, actions: ['DeleteItem', 'BatchWriteItem'], outputs: ['FailuresPolicyArn'] },
  // With the body, that is: without it the observer may.
  { of: tables.failures.name, actions: ['GetItem', 'Scan'], outputs: ['ObserverPolicyArn', 'FailuresPolicyArn'] },
  { of: tables.checkpoints.name, actions: ['UpdateItem', 'PutItem'], outputs: ['CheckpointPolicyArn'] },
  {
    of: tables.parcels.name,
    actions: ['UpdateItem', 'PutItem', 'ExecuteStatement', 'BatchExecuteStatement'],
    outputs: ['RepairPolicyArn'],
  },
  // Each act's own policy.
  { of: tables.operations.name, actions: ['PutItem', 'UpdateItem'], outputs: [] },
];

/** Who may look. */
const observer = ['ObserverPolicyArn'] as const;

/** The outputs that name the policies which allow this call, one or the other; none where every act's own does. */
export function policiesFor({ resource = '', action }: Pick<Call, 'resource' | 'action'>): readonly string[] {
  const rule = rules.find(({ of, actions }) => resource.endsWith(of) && actions.includes(action));
  return rule?.outputs ?? observer;
}
