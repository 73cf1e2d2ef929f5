import { WaybillError } from '@waybill/shared/error.ts';
import { type Program, readProgramFlags } from '@waybill/shared/process/program.ts';

/** How many times faster a bad day may be played. */
const mostPace = 20;

export const program = {
  command: 'npm run demo:trouble',
  says: `Plays a bad day on a running npm start -- --live of this user: the carrier answers 503, a release of the carrier's sends malformed scans, DynamoDB is throttled, the webhook answers 401. Prints what happens, where to look on the page, what the page says and what it says to do. Each trouble ends, and all is well again before the next one begins. Ctrl-C ends the trouble that is on.`,
  flags: {
    pace: {
      type: 'string',
      placeholder: 'N',
      says: `1–${mostPace}: each trouble stays for a shorter time, so many times; no shorter than until the page has named it (default 1)`,
    },
  },
  examples: [
    { line: 'npm start -- --live', says: 'in one terminal, for what this is played on' },
    { line: 'npm run demo:trouble', says: 'in another one, for three minutes' },
    { line: 'npm run demo:trouble -- --pace 4', says: 'for those who have seen it' },
  ],
  exitCode:
    '0 the page named every trouble and all is well, 1 it did not, or no run was found, 2 wrong flags, 130 after Ctrl-C.',
  docs: ['README.md#try-it', 'docs/decisions/0205-a-bad-day-on-demand.md'],
} as const satisfies Program;

/** Reads the command line. Throws `CONFIG_INVALID` with every mistake. */
export function readPace(args: readonly string[]): number | 'help' {
  const given = readProgramFlags<typeof program.flags>(program, args);
  if (given === 'help') return 'help';
  const text = given.values.get('pace') ?? '1';
  const pace = Number(text);
  const isPace = /^\d+(?:\.\d+)?$/.test(text) && pace >= 1 && pace <= mostPace;
  const problems = [...given.problems, ...(isPace ? [] : [`--pace expected a number 1–${mostPace}, got "${text}"`])];
  if (problems.length === 0) return pace;
  throw new WaybillError('CONFIG_INVALID', `${problems.join('; ')}. Try: ${program.command} -- --help`);
}
