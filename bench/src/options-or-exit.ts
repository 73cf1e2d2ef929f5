import { WaybillError } from '@waybill/shared/error.ts';
import { optionsOrExit as optionsOf } from '@waybill/shared/process/program.ts';

/**
 * The options that the command line and the variables give. Ends the process with 0 after the usage was asked for, and with 2
 * and one line where they are wrong.
 *
 * @param usage begins with the command: `npm run bench -- [flags]`
 */
export function optionsOrExit<Options>(
  read: (args: readonly string[], env: Readonly<Record<string, string | undefined>>) => Options | 'help',
  usage: string,
): Options {
  const [command = ''] = usage.split(' -- ');
  return optionsOf(
    () => `${usage}  -h, --help         this text\n`,
    (args) => {
      try {
        return read(args, process.env);
      } catch (error) {
        const problems = (error instanceof Error ? error.message : String(error)).replaceAll('\n', '; ');
        throw new WaybillError('CONFIG_INVALID', `${command}: ${problems}. Try: ${command} -- --help`);
      }
    },
  );
}
