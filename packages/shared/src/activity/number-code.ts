/** Up to here numbers are kept as they are. */
const exactTo = 31;
/** What is greater is kept as this: beyond what a process counts in a minute, and as seconds 31 years. */
const greatest = 1e9;
const firstStep = exactTo + 2;
const steps = 255 - firstStep;
const ratio = (greatest / (exactTo + 1)) ** (1 / steps);

/**
 * A number of 0 or more in one byte: exact to 31, within 4 % to 1e9, which is as fine as a plot is; null for no number. With
 * whole numbers the hour of a busy process would not fit in a KiB, however it is packed: of noise nothing is redundant.
 */
export function codeOf(value: number | null): number {
  if (value === null) return 0;
  const whole = Math.round(value);
  if (whole <= exactTo) return Math.max(0, whole) + 1;
  return Math.min(255, firstStep + Math.round(Math.log(value / (exactTo + 1)) / Math.log(ratio)));
}

export function numberOf(code: number): number | null {
  if (code === 0) return null;
  if (code < firstStep) return code - 1;
  return Math.round((exactTo + 1) * ratio ** (code - firstStep));
}
