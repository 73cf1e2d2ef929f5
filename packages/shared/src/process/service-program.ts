import type { Program } from './program.ts';

type ServiceProgram = Required<Pick<Program, 'says' | 'variables' | 'docs'>> & {
  /** Its script in npm. */
  readonly name: string;
  /** What a start in a shell with the variables of `npm run provision` still needs, where it does: `NAME=value`. */
  readonly needs?: string;
  /** An example of `NAME=number …` for each of its ports: two processes of one machine cannot share one. */
  readonly ports: string;
};

/** A process of Waybill as a program that a person starts. How it ends is the same for all (`run-process.ts`). */
export function serviceProgram({ name, needs, ports, ...rest }: ServiceProgram): Program {
  const command = `npm run ${name}`;
  const alone = needs === undefined ? command : `${needs} ${command}`;
  return {
    ...rest,
    command,
    examples: [
      { line: alone, says: 'with the variables that npm run provision prints' },
      { line: `${ports} ${command}`, says: 'beside other processes on one machine' },
    ],
    exitCode:
      '0 after SIGTERM or Ctrl-C and a clean stop, 1 when it cannot start, go on or stop in time, or nobody reads its log any more, 2 for wrong variables or flags, 130 after a second Ctrl-C. Through npm a shell may see 130 after the first, too.',
  };
}
