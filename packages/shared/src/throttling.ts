/** How DynamoDB says that it limits a whole table, or the partition of one hot key (3,000 read and 1,000 write units per second, "Burst and adaptive capacity"). */
const throttlings: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]);

/** The same of one statement in a batch (BatchStatementError's documentation). */
const codes: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'ThrottlingError',
]);

/** Whether DynamoDB refused a call only because there are too many. */
export function isThrottling(error: unknown): boolean {
  return error instanceof Error && throttlings.has(error.name);
}

/** Whether it refused one statement of a batch for that. */
export function isThrottlingCode(code: string | undefined): boolean {
  return code !== undefined && codes.has(code);
}
