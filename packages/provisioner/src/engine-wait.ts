import { setTimeout as delay } from 'node:timers/promises';
import { type DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { describeError } from '@waybill/shared/error.ts';
import { z } from 'zod';

const askEveryMs = 250;

export type EngineWait = {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  /** Their names in an error. */
  readonly names: { readonly sqs: string; readonly dynamodb: string };
  readonly limitMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Called once for each that does not respond at first. */
  readonly onWait: (name: string, error: unknown) => void;
};

/**
 * Waits until both services respond. Throws at once when waiting cannot help (wrong credentials, for example), and after
 * the limit; the error says which service does not respond, and why.
 */
export async function waitForEngines(wait: EngineWait): Promise<void> {
  const { sqs, dynamodb, names, signal } = wait;
  const options = { abortSignal: signal };
  await Promise.all([
    untilAnswered(wait, names.sqs, () => sqs.send(new ListQueuesCommand({ MaxResults: 1 }), options)),
    untilAnswered(wait, names.dynamodb, () => dynamodb.send(new ListTablesCommand({ Limit: 1 }), options)),
  ]);
}

async function untilAnswered(wait: EngineWait, name: string, ask: () => Promise<unknown>): Promise<void> {
  const from = wait.now();
  for (let attempt = 0; ; attempt++) {
    try {
      await ask();
      return;
    } catch (error) {
      wait.signal.throwIfAborted();
      if (!mayRecover(error)) throw new Error(`${name} refuses: ${describeError(error)}`, { cause: error });
      const seconds = Math.round((wait.now() - from) / 1_000);
      if (wait.now() - from >= wait.limitMs)
        throw new Error(`${name} does not answer after ${seconds} s: ${describeError(error)}`, { cause: error });
      if (attempt === 0) wait.onWait(name, error);
    }
    await delay(askEveryMs, undefined, { signal: wait.signal });
  }
}

/**
 * Whether there was no response, or one of a server that is not ready. One that is ready responds with less than 500.
 */
function mayRecover(error: unknown): boolean {
  const status = z.object({ $metadata: z.object({ httpStatusCode: z.number() }) }).safeParse(error).data
    ?.$metadata.httpStatusCode;
  return status === undefined || status >= 500;
}
