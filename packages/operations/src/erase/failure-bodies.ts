import { DeleteCommand, type DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { tables } from '@waybill/shared/resources.ts';
import type { Deployment } from '../deployment.ts';
import { projectionOf } from '../failures/failure-item.ts';
import type { PersonText } from './person-text.ts';

export type FailureBodiesDependencies = {
  readonly documents: DynamoDBDocumentClient;
  readonly deployment: Pick<Deployment, 'failuresTable'>;
};

/** A failure record that names the person. */
export type FoundRecord = {
  readonly failureId: string;
  readonly lastFailedAtUtc: string;
  /** It may name another person: {@link PersonText}. */
  readonly isPartOfWords: boolean;
};

/** What a scan of the failures table has read so far. */
export type Scanned = { readonly found: readonly FoundRecord[]; readonly records: number; readonly readUnits: number };

/**
 * Reads all failure records and yields, page by page, those that name the person. Bodies are compared here and not by the
 * engine: a text is stored in more than one spelling. Ends early, without error, once the signal aborts.
 */
export async function* recordsWith(
  person: PersonText,
  { documents, deployment }: FailureBodiesDependencies,
  signal: AbortSignal,
): AsyncGenerator<Scanned> {
  if (signal.aborted) return;
  const pages = paginateScan(
    { client: documents },
    {
      TableName: deployment.failuresTable,
      ConsistentRead: true,
      ReturnConsumedCapacity: 'TOTAL',
      ...projectionOf(['failureId', 'body', 'detail', 'lastFailedAtUtc']),
    },
  );
  for await (const { Items = [], ConsumedCapacity } of pages) {
    const found = Items.flatMap(({ failureId, body = '', detail = '', lastFailedAtUtc = '' }) => {
      const texts = [String(body), String(detail)].filter(person.isIn);
      const isPartOfWords = texts.every(person.isPartOfWords);
      if (texts.length === 0) return [];
      return [{ failureId: String(failureId), lastFailedAtUtc: String(lastFailedAtUtc), isPartOfWords }];
    });
    yield {
      found,
      records: Items.length,
      readUnits: ConsumedCapacity?.CapacityUnits ?? 0,
    };
    if (signal.aborted) return;
  }
}

/** Deletes a record, if it is there. */
export async function deleteRecord(
  failureId: string,
  { documents, deployment }: FailureBodiesDependencies,
): Promise<void> {
  const Key = { [tables.failures.key.name]: failureId };
  await documents.send(new DeleteCommand({ TableName: deployment.failuresTable, Key }));
}
