import { flagOf, optionsOf } from '@waybill/cli/command/command.ts';
import { commands } from '@waybill/cli/commands/registry.ts';

/** The command that a command line calls, with the flags that it knows. Undefined where there is none. */
export function commandOf(args: readonly string[]) {
  const called = commands.filter(({ name }) => name.split(' ').every((word, index) => args[index] === word));
  // `parcel repair` is not `parcel` with an id.
  const [found] = called.toSorted((a, b) => b.name.length - a.name.length);
  return found && { isAct: found.isAct === true, flags: Object.keys(optionsOf(found)).map(flagOf) };
}

/** What an act needs where nobody can be asked. */
export function actFlags(isAct: boolean, args: readonly string[]): readonly string[] {
  return isAct && !args.includes('--yes') ? ['--yes'] : [];
}
