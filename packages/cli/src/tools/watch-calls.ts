import type { SQSClient } from '@aws-sdk/client-sqs';
import { isServiceError, WaybillError } from '@waybill/shared/error.ts';

/** A call to a service of AWS. */
export type Call = {
  /** `DynamoDB`. */
  readonly service: string;
  /** `GetItem`. */
  readonly action: string;
  /** The table or the queue; undefined where the call names none. */
  readonly resource: string | undefined;
};

const failedCalls = new WeakMap<object, Call>();

/** The call that failed with this error, or with one of its causes. */
export function failedCall(error: unknown): Call | undefined {
  for (
    let each = error;
    typeof each === 'object' && each !== null;
    each = each instanceof Error ? each.cause : undefined
  ) {
    const call = failedCalls.get(each);
    if (call) return call;
  }
  return undefined;
}

/**
 * Milliseconds within which a service must have answered once. Whoever types a command is told within 10 s what is wrong, and a
 * service that has answered before is given all its retries.
 */
const firstAnswerMs = 8_000;
/** Attempts without any answer, of a service that has never answered. More of them only make people wait. */
const mostUnanswered = 2;

/** Remembers which call failed with an error, and gives up early on a service that does not answer at all. */
export function watchCalls(
  client: Pick<SQSClient, never> & { readonly middlewareStack: object },
  service: string,
): void {
  // The stack of a client is generic in the commands of its service; these two look at the input's names only.
  const stack = client.middlewareStack as SQSClient['middlewareStack'];
  const giveUps = new WeakMap<object, (error: unknown) => void>();
  let hasAnswered = false;
  let unanswered = 0;
  stack.add(
    (next, context) => async (args) => {
      const { promise: givenUp, reject } = Promise.withResolvers<never>();
      giveUps.set(context, reject);
      const late = () => {
        if (!hasAnswered) reject(new WaybillError('CALL_TIMED_OUT', `no answer within ${firstAnswerMs / 1_000} s`));
      };
      const timer = setTimeout(late, firstAnswerMs);
      try {
        return await Promise.race([next(args), givenUp]);
      } catch (error) {
        const action = context.commandName?.replace(/Command$/, '') ?? 'a call';
        if (typeof error === 'object' && error !== null)
          failedCalls.set(error, { service, action, resource: resourceOf(args.input) });
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    { step: 'initialize', priority: 'high', name: 'watchCalls' },
  );
  stack.add(
    (next, context) => async (args) => {
      try {
        const answer = await next(args);
        hasAnswered = true;
        return answer;
      } catch (error) {
        if (isAnswer(error)) hasAnswered = true;
        else unanswered += 1;
        if (!hasAnswered && unanswered >= mostUnanswered) giveUps.get(context)?.(error);
        throw error;
      }
    },
    { step: 'finalizeRequest', priority: 'low', name: 'watchAttempts' },
  );
}

/** Whether a service of AWS made this error, and not the network in between. */
function isAnswer(error: unknown): boolean {
  return isServiceError(error) && 'httpStatusCode' in error.$metadata && error.$metadata.httpStatusCode !== undefined;
}

function resourceOf(input: object): string | undefined {
  const named = Object.entries(input).find(([name]) => /^(TableName|QueueUrl|QueueName|StackName)$/.test(name))?.[1];
  if (typeof named === 'string') return named;
  const tables = 'RequestItems' in input && typeof input.RequestItems === 'object' ? input.RequestItems : null;
  return tables ? Object.keys(tables)[0] : undefined;
}
