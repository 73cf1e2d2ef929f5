import type { CancelRequest, Heartbeat, Operation, OperationEnd, OperationStart } from './operation.ts';

/** What became of the wish to cancel. `ended`: the act has an outcome already. `missing`: nothing is on record. */
export type CancelOutcome =
  | { readonly kind: 'requested'; readonly operation: Operation }
  | { readonly kind: 'ended' }
  | { readonly kind: 'missing' };

/** What acts ask of the operations table. `dynamodb-operation-log.ts` does it with DynamoDB. */
export type OperationLog = {
  /** Writes the record of an act that begins now. Rejects when it is not on record: then the act must not begin. */
  readonly begin: (start: OperationStart) => Promise<void>;
  /**
   * Says that the act still runs, and how far it is. Resolves with who has asked to cancel it, if anybody has. Rejects where
   * the record is not there, or complete.
   */
  readonly heartbeat: (operationId: string, beat: Heartbeat) => Promise<CancelRequest | undefined>;
  /** Asks the process that runs the act to end it: it looks with its next heartbeat. A request that is there already stays. */
  readonly requestCancel: (operationId: string, request: CancelRequest) => Promise<CancelOutcome>;
  /** Completes the record. */
  readonly end: (operationId: string, end: OperationEnd) => Promise<void>;
  /** A consistent read; undefined where there is none. */
  readonly read: (operationId: string) => Promise<Operation | undefined>;
  /** The newest first, at most `limit`; `before` is the id after which the last page ended. */
  readonly list: (limit: number, before?: string) => Promise<readonly Operation[]>;
};
