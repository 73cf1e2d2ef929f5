import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';

/** What AWS calls a table or a queue that is not there. */
const missing = /^(ResourceNotFoundException|(AWS\.SimpleQueueService\.)?(QueueDoesNotExist|NonExistentQueue))$/;

/**
 * Makes an error about a missing table or queue say which one it is, by which variable it was named, and what to do: SQS
 * says only that "the specified queue does not exist".
 *
 * @param variables by the table's name or the queue's URL
 */
export function nameMissing(client: SQSClient | DynamoDBClient, variables: Readonly<Record<string, string>>): void {
  // The stack of a client is generic in the commands of its service; this one looks at their input as JSON only.
  const stack: Pick<SQSClient['middlewareStack'], 'add'> = client.middlewareStack as SQSClient['middlewareStack'];
  stack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (error instanceof Error && missing.test(error.name)) {
          const input = JSON.stringify(args.input);
          const named = Object.entries(variables).filter(([resource]) => input.includes(resource));
          if (named.length > 0) error.message = textOf(named, error.message);
        }
        throw error;
      }
    },
    { step: 'initialize', name: 'nameMissing' },
  );
}

function textOf(named: readonly (readonly [string, string])[], said: string): string {
  const which = named.map(([resource, variable]) => `${resource} (${variable})`).join(' or ');
  return `${which} does not exist in this region and account: correct the variable, or create it (npm run provision, or the data stack). ${said}`;
}
