import { setTimeout as delay } from 'node:timers/promises';
import { type DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { describeError } from '@waybill/shared/error.ts';
import { z } from 'zod';

const lookEveryMs = 250;

export type EngineWait = {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  /** What to call them in an error. */
  readonly names: { readonly sqs: string; readonly dynamodb: string };
  readonly limitMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Told once of each that does not answer at first. */
  readonly onWait: (name: string, error: unknown) => void;
};

/**
 * Waits until both services answer. An answer that no waiting changes (wrong credentials, say) is thrown at once, and
 * after the limit who does not answer, and why.
 */
export async function untilEnginesAnswer(wait: EngineWait): Promise<void> {
  const { sqs, dynamodb, names, signal } = wait;
  const options = { abortSignal: signal };
  await Promise.all([
    untilAnswered(wait, names.sqs, () => sqs.send(new ListQueuesCommand({ MaxResults: 1 }), options)),
    untilAnswered(wait, names.dynamodb, () => dynamodb.send(new ListTablesCommand({ Limit: 1 }), options)),
  ]);
}

async function untilAnswered(wait: EngineWait, name: string, ask: () => Promise<unknown>): Promise<void> {
  const from = wait.now();
  for (let looks = 0; ; looks++) {
    try {
      await ask();
      return;
    } catch (error) {
      wait.signal.throwIfAborted();
      if (!mayCome(error)) throw new Error(`${name} refuses: ${describeError(error)}`, { cause: error });
      const seconds = Math.round((wait.now() - from) / 1_000);
      if (wait.now() - from >= wait.limitMs)
        throw new Error(`${name} does not answer after ${seconds} s: ${describeError(error)}`, { cause: error });
      if (looks === 0) wait.onWait(name, error);
    }
    await delay(lookEveryMs, undefined, { signal: wait.signal });
  }
}

/** No answer at all, or one of a server that is not ready; anything below 500 was answered by one that is. */
function mayCome(error: unknown): boolean {
  const status = z.object({ $metadata: z.object({ httpStatusCode: z.number() }) }).safeParse(error).data
    ?.$metadata.httpStatusCode;
  return status === undefined || status >= 500;
}
