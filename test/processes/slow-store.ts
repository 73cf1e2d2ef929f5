import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { tables } from '@waybill/shared/resources.ts';
import { z } from 'zod';

/** A DynamoDB that takes every write after a while, and remembers no item: it tests what waits for it, not what it stores. */
export type SlowStore = {
  readonly url: string;
  /** Every number that a statement carried: parcels' and events' ids. */
  readonly numbers: ReadonlySet<string>;
  /** Statements that it took. */
  readonly statements: () => number;
  stop(): Promise<void>;
};

const tableKeys = z.object({ TableName: z.string() });
const statementBatch = z.object({
  Statements: z.array(
    z.object({ Statement: z.string(), Parameters: z.array(z.object({ N: z.string() }).partial()).default([]) }),
  ),
});

export async function startSlowStore(latencyMs: number): Promise<SlowStore> {
  const numbers = new Set<string>();
  let statements = 0;

  /** As `takesStatements` expects it of an engine that takes statements; a write is done. */
  function answerTo(statement: string, parameters: readonly { readonly N?: string | undefined }[]): object {
    const isProbe = parameters.some(({ N }) => N === '0');
    if (isProbe && statement.startsWith('UPDATE')) return { Error: { Code: 'ConditionalCheckFailed' } };
    if (parameters.length === 1) return { Error: { Code: 'ValidationError' } };
    statements += 1;
    for (const { N } of parameters) if (N !== undefined) numbers.add(N);
    return {};
  }

  function answer(operation: string, body: string): object {
    if (operation === 'BatchExecuteStatement') {
      const { Statements } = statementBatch.parse(JSON.parse(body));
      return { Responses: Statements.map(({ Statement, Parameters }) => answerTo(Statement, Parameters)) };
    }
    if (operation !== 'DescribeTable') return {};
    const { TableName } = tableKeys.parse(JSON.parse(body));
    const { key } = Object.values(tables).find(({ name }) => TableName.endsWith(name)) ?? tables.parcels;
    const KeySchema = [{ AttributeName: key.name, KeyType: 'HASH' }];
    const AttributeDefinitions = [{ AttributeName: key.name, AttributeType: key.type }];
    return { Table: { TableName, KeySchema, AttributeDefinitions } };
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
      const answered = answer(operation, Buffer.concat(chunks).toString());
      await delay(latencyMs);
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(JSON.stringify(answered));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`The store listens on ${address}`);
  return {
    url: `http://127.0.0.1:${address.port}`,
    numbers,
    statements: () => statements,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
