const instantPattern = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d*))?Z?$/;

/**
 * A time of the feed in a form whose order as text is the order of time, with all its digits: `…:34.5Z` and `…:34.50Z` are
 * equal, and before `…:34.51Z`. Its end, with the zone, may be cut off (decision 94). Undefined for anything else.
 */
export function comparableTime(text: string): string | undefined {
  const [, second, fraction = ''] = instantPattern.exec(text) ?? [];
  if (second === undefined || millisecondsOf(second, '') === undefined) return undefined;
  return `${second}.${fraction.replace(/0+$/, '')}`;
}

/** The same time in whole milliseconds since 1970, rounded down; undefined where it is not one. */
export function scanTimeMs(text: string): number | undefined {
  const [, second, fraction = ''] = instantPattern.exec(text) ?? [];
  return second === undefined ? undefined : millisecondsOf(second, fraction);
}

function millisecondsOf(second: string, fraction: string): number | undefined {
  const ms = Date.parse(`${second}Z`);
  // `Date` takes 30 February for 2 March.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(second)) return undefined;
  return ms + Number(fraction.slice(0, 3).padEnd(3, '0'));
}
