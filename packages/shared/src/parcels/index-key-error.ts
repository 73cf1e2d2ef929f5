/**
 * How engines word that an index of the table cannot take an item. "…update a secondary index key to a value that is not
 * supported…" and "A value specified for a secondary index key is not supported…" (AWS, DynamoDB Local), "Type mismatch
 * for Index Key statusCode…" (all), "Size of hashkey has exceeded the maximum size limit…" and "Aggregated size of all
 * range keys has exceeded the size limit…" (AWS). The table's own key is a number: no size of it is refused.
 */
const wordings = /\bindex ?key\b|\bIndexName\b|\bsize of (all )?(hash|range) ?keys?\b/i;

/** Whether DynamoDB refuses an item for an index of the table: then every such item is refused, and the table is at fault. */
export function namesAnIndexKey(error: Error): boolean {
  return wordings.test(error.message);
}
