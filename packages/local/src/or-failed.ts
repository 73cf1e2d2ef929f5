/** The result of `work`, or the rejection of `failed` as soon as it settles. */
export async function orFailed<T>(failed: Promise<Error>, work: Promise<T>): Promise<T> {
  const failure = failed.then((error) => {
    throw error;
  });
  // Work that was given up may fail later, too.
  work.catch(() => undefined);
  return await Promise.race([work, failure]);
}
