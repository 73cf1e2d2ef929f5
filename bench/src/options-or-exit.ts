/**
 * The options that the command line and the variables give. Ends the process with 0 after the usage was asked for, and with 2
 * where they are wrong.
 */
export function optionsOrExit<Options>(
  read: (args: readonly string[], env: Readonly<Record<string, string | undefined>>) => Options | 'help',
  usage: string,
): Options {
  try {
    const options = read(process.argv.slice(2), process.env);
    if (options !== 'help') return options;
    process.stdout.write(usage);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
}
