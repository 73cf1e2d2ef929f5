import type { Operation, OperationEnd, OperationStart } from './operation.ts';

/** What acts ask of the operations table. `dynamodb-operation-log.ts` does it with DynamoDB. */
export type OperationLog = {
  /** Writes the record of an act that begins now. Rejects when it is not on record: then the act must not begin. */
  readonly begin: (start: OperationStart) => Promise<void>;
  /** Completes the record. */
  readonly end: (operationId: string, end: OperationEnd) => Promise<void>;
  /** A consistent read; undefined where there is none. */
  readonly read: (operationId: string) => Promise<Operation | undefined>;
  /** The newest first, at most `limit`; `before` is the id after which the last page ended. */
  readonly list: (limit: number, before?: string) => Promise<readonly Operation[]>;
};
