import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Every text that a call of a logger in `packages/*\/src` holds: the messages are among them. Where one names the engine, it is DynamoDB. */
export function loggedTexts(): string[] {
  return globSync('packages/*/src/**/*.ts', { cwd: repository })
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => logCalls(readFileSync(new URL(path, `file://${repository}`), 'utf8')))
    .flatMap((call) =>
      [...call.matchAll(/'([^'\n]+)'|`([^`\n]+)`/g)].map(([, text, template]) => text ?? template ?? ''),
    )
    .map((text) => text.replace(/\$\{handler\.engine\}/, 'DynamoDB'));
}

/** What stands between the parentheses of each call of a logger. */
function logCalls(source: string): string[] {
  return [...source.matchAll(/\b(?:log|calm)\.(?:debug|info|warn|error|fatal|over)\(/g)].map(
    ({ index, 0: { length } }) => {
      let end = index + length;
      for (let open = 1; open > 0 && end < source.length; end++) {
        if (source[end] === '(') open++;
        else if (source[end] === ')') open--;
      }
      return source.slice(index, end);
    },
  );
}
