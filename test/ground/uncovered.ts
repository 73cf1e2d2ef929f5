/**
 * What `start` returns. Processes that it starts before it first waits are not measured: under coverage they run at two
 * thirds of their speed and write a file at their end, which is for nothing where other tests cover their lines.
 */
export function uncovered<T>(start: () => T): T {
  const { NODE_V8_COVERAGE: folder } = process.env;
  if (folder === undefined) return start();
  process.env['NODE_V8_COVERAGE'] = '';
  try {
    return start();
  } finally {
    process.env['NODE_V8_COVERAGE'] = folder;
  }
}
