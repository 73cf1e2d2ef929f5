import { describeError, hasCode, WaybillError } from '@waybill/shared/error.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import type { Environment } from '../io.ts';
import type { Choices } from '../tools/choices.ts';

export type Explained = { readonly lines: readonly string[]; readonly exitCode: ExitCode };

/** What an error says to an operator: what happened, to what, and the command to try next. */
export function explain(error: unknown, _where: { readonly env: Environment; readonly choices: Choices }): Explained {
  const message = error instanceof WaybillError ? error.message : describeError(error);
  const next = error instanceof WaybillError ? error.details['next'] : undefined;
  return {
    lines: [`waybill: ${message}`, ...(typeof next === 'string' ? [`  Try: ${next}`] : [])],
    exitCode: exitCodeOf(error),
  };
}

function exitCodeOf(error: unknown): ExitCode {
  if (hasCode(error, 'CONFIG_INVALID')) return exitCodes.usage;
  if (hasCode(error, 'OPERATION_REFUSED')) return exitCodes.refused;
  return exitCodes.failed;
}
