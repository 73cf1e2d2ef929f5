/** What the command line ends with. `operators.md` gives the numbers. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** Wrong usage or configuration: nothing was done. */
  usage: 2,
  partly: 3,
  /** Refused, or reality differs from what was planned. */
  refused: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
