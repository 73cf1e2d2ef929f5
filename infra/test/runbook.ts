import { readFileSync } from 'node:fs';

/** The whole page. */
export const runbookText = readFileSync(new URL('../RUNBOOK.md', import.meta.url), 'utf8');

export type AlarmSection = { readonly heading: string; readonly parts: readonly string[]; readonly body: string };

/** The sections below `## Alarms`, in their order. */
export function alarmSections(): AlarmSection[] {
  const alarms = runbookText.split(/^## /m).find((chapter) => chapter.startsWith('Alarms\n')) ?? '';
  return alarms
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      const body = lines.join('\n');
      const parts = [...body.matchAll(/^\*\*(\w+)\.\*\* \S/gm)].map(([, name = '']) => name);
      return { heading, parts, body };
    });
}

/** What stands between fences of shell code, with its indentation in a list taken away. */
export function shellBlocks(text = runbookText): string[] {
  return [...text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', block = '']) =>
    block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

/** Variables that the commands of a section read, and neither set nor have from "Before you begin": a pasted one fails. */
export function unsetVariables(): string[] {
  const [beginning = '', ...sections] = runbookText
    .slice(runbookText.indexOf('## Before you begin'))
    .split(/^##+ (?!Before)/m);
  const given = variablesSet(beginning);
  return sections.flatMap((section) => {
    const heading = section.slice(0, section.indexOf('\n'));
    const set = new Set([...given, ...variablesSet(section)]);
    // Between single quotes a $ is of jq, of a filter of logs or of a container's own shell.
    const read = shellBlocks(section).flatMap((block) => [
      ...block.replaceAll(/'[^']*'/g, '').matchAll(/\$\{?([A-Z]\w*)(?!\w|:-)/g),
    ]);
    return [...new Set(read.map(([, name = '']) => name))]
      .filter((name) => !set.has(name))
      .map((name) => `${heading}: ${name}`);
  });
}

function variablesSet(section: string): string[] {
  const set = /(?:^|[\s(;])([A-Z]\w*)=|\bread (?:-\S+ )*(?:'[^']*' )?([A-Z]\w*)|\bfor ([A-Z]\w*) in /g;
  return shellBlocks(section).flatMap((block) => [...block.matchAll(set)].map(([, a, b, c]) => a ?? b ?? c ?? ''));
}

/** The commands in these blocks, each with its continuations and what it is piped to on one line. */
export function shellLines(): string[] {
  return shellBlocks().flatMap((block) => block.replaceAll(/\\\n\s*|(?<=\|)\n\s*/g, ' ').split('\n'));
}

/** Every heading as GitHub makes an anchor of it. */
export function anchors(): string[] {
  return [...runbookText.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** Every link to a heading of the page itself. */
export function innerLinks(): string[] {
  return [...runbookText.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
}

/** Every text that a filter pattern looks for in the logs, once; a trailing `*` stands for any rest. */
export function filteredLogTexts(): string[] {
  return [...new Set([...runbookText.matchAll(/\$\.msg = "([^"]+)"/g)].map(([, wanted = '']) => wanted))];
}
