import type { BatchStatementRequest, BatchStatementResponse } from '@aws-sdk/client-dynamodb';
import { scanAttributes } from '../parcel-item.ts';

/** Characters of all texts of a scan up to which its parcel's item, names and numbers included, is one write unit: 1 KiB at three bytes a character. */
const textsInOneUnit = 200;
/** Bytes of an item beside the texts of its scan: names, numbers, the dates of its milestones. */
const otherBytes = 400;
const unitBytes = 1_024;

/** Failures of a statement that was run, and so is billed. What was refused or throttled is not. */
const ran: ReadonlySet<string> = new Set(['ConditionalCheckFailed', 'DuplicateItem']);

/** Write units of a batch where the engine does not report them. */
export function unitsSpent(
  statements: readonly BatchStatementRequest[],
  responses: readonly BatchStatementResponse[],
): number {
  return statements.reduce((sum, statement, index) => {
    const response = responses[index];
    const isBilled = response && (!response.Error || ran.has(response.Error.Code ?? ''));
    return isBilled ? sum + unitsOf(statement) : sum;
  }, 0);
}

/** A statement sets the scan before all else. */
const scanParameters = Object.keys(scanAttributes).length;

/** One unit for each KiB begun (DynamoDB's documentation, "Read and write capacity"). */
function unitsOf({ Parameters = [] }: BatchStatementRequest): number {
  let texts = '';
  for (const { S = '' } of Parameters.slice(0, scanParameters)) texts += S;
  return texts.length <= textsInOneUnit ? 1 : Math.ceil((Buffer.byteLength(texts) + otherBytes) / unitBytes);
}
