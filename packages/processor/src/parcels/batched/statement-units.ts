import type {
  AttributeValue,
  BatchStatementErrorCodeEnum,
  BatchStatementRequest,
  BatchStatementResponse,
} from '@aws-sdk/client-dynamodb';
import { writeUnitBytes, writeUnits } from '@waybill/shared/item-size.ts';
import { history, type Item, parcelKey, scanAttributes } from '@waybill/shared/parcels/parcel-item.ts';
import { RecentParcels } from './batched-parcel-table.ts';

/** Bytes of a delivered parcel's item beside the texts of its scan and its history: names, numbers, dates. */
const otherBytes = 300;

/** Failures of a statement that was run, and so is billed. What was refused or throttled is not. */
const ran: ReadonlySet<BatchStatementErrorCodeEnum> = new Set(['ConditionalCheckFailed', 'DuplicateItem']);

/** Where a text has the values that matter; the same for all statements with this text. */
type Positions = { readonly key: number; readonly replacesHistory: boolean };

/**
 * Write units of batches where the engine does not report them: one for each KiB begun of an item (DynamoDB's
 * documentation, "Read and write capacity"). A statement that adds to a history does not say how long that is, so the
 * bytes of each parcel's history are remembered. They are too few for a parcel that another process has written, until an
 * answer shows its item.
 */
export function statementUnits(): (
  statements: readonly BatchStatementRequest[],
  responses: readonly BatchStatementResponse[],
) => number {
  const historyBytes = new RecentParcels();
  const positions = new Map<string, Positions>();

  function unitsOf({ Statement = '', Parameters = [] }: BatchStatementRequest, shown: Item | undefined, done: boolean) {
    let position = positions.get(Statement);
    if (!position) {
      position = positionsIn(Statement);
      positions.set(Statement, position);
    }
    const parcelId = Number(Parameters[position.key]?.N);
    if (shown) {
      const bytes = bytesOfSet(shown[history.name]);
      historyBytes.set(parcelId, bytes);
      return unitsOfBytes(
        Object.values(scanAttributes).map(({ name }) => shown[name]),
        bytes,
      );
    }
    // There is no item.
    if (!done) return 1;
    const before = position.replacesHistory ? 0 : (historyBytes.get(parcelId) ?? 0);
    const bytes = before + bytesOfSet(Parameters.find(({ SS }) => SS));
    historyBytes.set(parcelId, bytes);
    return unitsOfBytes(Parameters.slice(0, scanParameters), bytes);
  }

  return (statements, responses) => {
    let units = 0;
    for (const [index, statement] of statements.entries()) {
      const { Error: failure } = responses[index] ?? notAnswered;
      if (failure && !ran.has(failure.Code ?? 'ValidationError')) continue;
      units += unitsOf(statement, failure?.Item, !failure);
    }
    return units;
  };
}

const notAnswered: BatchStatementResponse = { Error: { Code: 'InternalServerError' } };

/** A statement that sets the scan sets it before all else. */
const scanParameters = Object.keys(scanAttributes).length;

function positionsIn(text: string): Positions {
  const keyAt = text.search(keyPattern);
  return { key: text.slice(0, keyAt).split('?').length - 1, replacesHistory: !text.includes('set_add') };
}

const keyPattern = new RegExp(`'${parcelKey.name}':\\?| WHERE ${parcelKey.name}=\\?`);

function unitsOfBytes(scan: readonly (AttributeValue | undefined)[], setBytes: number): number {
  let texts = '';
  for (const value of scan) texts += value?.S ?? '';
  const most = otherBytes + setBytes + 3 * texts.length;
  return most <= writeUnitBytes ? 1 : writeUnits(0, otherBytes + setBytes + Buffer.byteLength(texts));
}

function bytesOfSet(value: AttributeValue | undefined): number {
  let bytes = 0;
  for (const text of value?.SS ?? []) bytes += Buffer.byteLength(text);
  return bytes;
}
