import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { WaybillError } from '../error.ts';

/**
 * Makes every call of the client reject with `CALL_TIMED_OUT` after `limitMs`. The limits of the HTTP client count from
 * a request's begin to its next byte: they know nothing of credentials, of the endpoint, of a body that trickles. A call
 * that is given up sends nothing any more: a receive that leaves late would take messages that nobody waits for.
 */
export function limitCalls(client: SQSClient | DynamoDBClient, limitMs: number): void {
  const givenUp = new WeakSet<object>();
  // The stack of a client is generic in the commands of its service; these two look at none.
  const stack: Pick<SQSClient['middlewareStack'], 'add'> = client.middlewareStack as SQSClient['middlewareStack'];
  stack.add(
    (next, context) => (args) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          givenUp.add(context);
          reject(timedOut(limitMs));
        }, limitMs);
        next(args)
          .then(resolve, reject)
          .finally(() => clearTimeout(timer));
      }),
    { step: 'initialize', priority: 'high', name: 'callLimit' },
  );
  stack.add(
    (next, context) => async (args) => {
      if (givenUp.has(context)) throw timedOut(limitMs);
      return await next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'callLimitPassed' },
  );
}

function timedOut(limitMs: number): WaybillError {
  return new WaybillError('CALL_TIMED_OUT', `a call to AWS took longer than ${limitMs / 1_000} s and was given up`);
}
