import { type Command, command } from '../command/command.ts';
import { argument } from '../command/options.ts';
import { oneOf } from '../command/parsers.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** @param all every command of `waybill`, this one included */
export function completionCommand(all: () => readonly Command[]): Command {
  return command({
    name: 'completion',
    summary: 'print a script that completes commands and flags',
    examples: [
      {
        line: 'completion bash > ~/.local/share/bash-completion/completions/waybill',
        says: 'for bash, from the next shell on',
      },
      { line: 'completion zsh > ~/.zfunc/_waybill', says: 'for zsh, with fpath+=(~/.zfunc) before compinit' },
      { line: 'completion fish > ~/.config/fish/completions/waybill.fish', says: 'for fish' },
    ],
    arguments: { shell: argument('SHELL', shells.join(', '), oneOf(shells), { choices: shells }) },
    isOffline: true,
    prints: 'text',
    run: async (given, tools) => {
      const [{ placesOf }, { completionScript }, { groups }] = await Promise.all([
        import('../completion/tree.ts'),
        import('../completion/scripts.ts'),
        import('../command/groups.ts'),
      ]);
      tools.print.text(completionScript(given.arguments.shell, placesOf(all(), groups)));
      return undefined;
    },
  });
}
