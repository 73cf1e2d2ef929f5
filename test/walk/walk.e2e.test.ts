import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const program = fileURLToPath(new URL('main.ts', import.meta.url));
const architecture = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');

/** Files that one event may enter on either side of the queue. */
const mostFiles = 18;

/** What the program prints: a list of files under each heading. */
function walks(): Map<string, string[]> {
  const text = execFileSync(process.execPath, [program, '--json'], { encoding: 'utf8' });
  return new Map(Object.entries(JSON.parse(text)));
}

/** The files in the table below this heading of the architecture, in its order. */
function mapped(heading: string): string[] {
  const section = architecture.split(/^### /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| \d+ \| `([^`]+)` \|/gm)].map(([, file = '']) => file);
}

describe('the way of one event', () => {
  const entered = walks();

  test.for(['From page to queue', 'From message to table'])(
    '%s enters the files that the map names, and no others',
    (heading) => {
      const files = entered.get(heading) ?? [];
      expect(files.length).toBeGreaterThan(5);
      expect(mapped(heading).toSorted()).toEqual(files);
    },
  );

  test.for(['From page to queue', 'From message to table'])(`%s enters at most ${mostFiles} files`, (heading) => {
    expect(entered.get(heading)?.length).toBeLessThanOrEqual(mostFiles);
  });
});
