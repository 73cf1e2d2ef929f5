import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['README.md', 'CONTRIBUTING.md', 'infra/RUNBOOK.md', ...globSync('docs/**/*.md', { cwd: repository })];

/** A `cdk` command that a page shows, and the context that it gives. */
export type DocumentedCommand = {
  readonly page: string;
  readonly command: string;
  readonly context: Readonly<Record<string, string>>;
};

/** Every `cdk` command in the fenced blocks of the documentation that runs the app. */
export function documentedCommands(): DocumentedCommand[] {
  return pages.flatMap((page) => {
    const text = readFileSync(new URL(page, `file://${repository}`), 'utf8').replaceAll(/\\\n\s*/g, '');
    // What the page has its reader say once, for all of its commands.
    const [, shared = ''] = /^CONTEXT=\((.+)\)$/m.exec(text) ?? [];
    return [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)]
      .flatMap(([, block = '']) => block.split('\n'))
      .filter((line) => /\bcdk (bootstrap|deploy|diff|synth|import|destroy)\b/.test(line))
      .map((line) => ({
        page,
        command: line.trim(),
        context: contextOf(line.replace(/"\$\{CONTEXT\[@\]\}"/, ` ${shared}`)),
      }));
  });
}

function contextOf(line: string): Record<string, string> {
  const values = [...line.matchAll(/ -c (\w+)=('[^']*'|"[^"]*"|[^\s)]+)/g)].map(([, key = '', value = '']) => [
    key,
    // A shell variable stands for what the reader's deployment is called.
    value.replaceAll(/^['"]|['"]$/g, '').replaceAll(/\$\w+/g, 'test'),
  ]);
  return Object.fromEntries(values);
}
