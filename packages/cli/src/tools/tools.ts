import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Deployment } from '@waybill/operations/deployment.ts';
import type { ActContext, ActResult } from '@waybill/operations/record/on-record.ts';
import type { Filter, OperationKind, Progress } from '@waybill/operations/record/operation.ts';
import type { OperationLog } from '@waybill/operations/record/operation-log.ts';
import type { Plan } from '@waybill/operations/record/plan.ts';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Environment } from '../io.ts';
import type { Print } from '../output/print.ts';
import type { Choices } from './choices.ts';
import type { Name } from './names.ts';

/** What a command works with. Clients are opened when they are first asked for. */
export type Tools = {
  readonly choices: Choices;
  /** For settings of the processes that a command needs, by `readEnv` and their schemas. */
  readonly env: Environment;
  /** The names that the command needs: it fails with all that are missing or wrong, and asks for no others. */
  readonly names: <N extends Name>(...wanted: readonly N[]) => Promise<Pick<Deployment, N>>;
  readonly sqs: () => Promise<SQSClient>;
  readonly dynamodb: () => Promise<DynamoDBClient>;
  readonly documents: () => Promise<DynamoDBDocumentClient>;
  /** The operations table. */
  readonly operations: () => Promise<OperationLog>;
  /** Who runs this: an identity of AWS, or `local:<user>` on a local engine. Rejects where AWS cannot be asked. */
  readonly by: () => Promise<string>;
  readonly clock: Clock;
  readonly random: Random;
  /** Bytes that nobody can guess, for tokens. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** Aborts with the first Ctrl-C. */
  readonly signal: AbortSignal;
  readonly print: Print;
  readonly progress: (progress: Progress) => void;
  /** Asks on the terminal. Without one it throws a usage error that names `flag`, which answers it. */
  readonly ask: (question: string, flag: string) => Promise<string>;
  /**
   * A text that must not be seen, nor stand among the arguments: typed without echo on a terminal, else all of standard
   * input.
   */
  readonly secret: (question: string) => Promise<string>;
  /** From now on the first Ctrl-C waits for the command to hand back what it holds. An act does so from its beginning; for questions and plans. */
  readonly handsBack: () => void;
  /** Plans an act, prints the plan, asks, and runs it on record. */
  readonly act: <P extends { readonly plan: Plan }>(act: Act<P>) => Promise<ExitCode>;
};

/** An act of `packages/operations` as a command runs it. */
export type Act<P extends { readonly plan: Plan }> = {
  readonly kind: OperationKind;
  readonly filter: Filter;
  readonly plan: (context: ActContext) => Promise<P>;
  /** What will be done, in one sentence: `Redrives 68 messages of prod-waybill-scans-dlq to prod-waybill-scans.` */
  readonly sentence: (planned: P) => string;
  /** More lines of the plan for people, for what {@link Plan} does not hold. */
  readonly details?: (planned: P) => readonly string[];
  readonly run: (planned: P, context: RunContext) => Promise<ActResult>;
  /** Whether there is nothing to do; by default where the plan counts nothing. Then there is no record. */
  readonly isNothing?: (planned: P) => boolean;
  /** What the plan was to look at and could not, a sentence each: then it is done in part, even where there is nothing to do. */
  readonly unseen?: (planned: P) => readonly string[];
  /** What must be typed besides yes, where it is not given by a flag: the feed's name. Not asked under `--yes`. */
  readonly typed?: { readonly question: string; readonly expected: string; readonly flag: string };
};

export type RunContext = ActContext & {
  readonly operationId: string;
  /** Whether it goes on when it meets more than was planned. */
  readonly moreThanPlanned: boolean;
};
