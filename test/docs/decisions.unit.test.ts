import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decisionsPage, parts, readRecord } from './decisions.ts';

const folder = fileURLToPath(import.meta.resolve('../../docs/decisions'));
const files = globSync('[0-9]*.md', { cwd: folder }).toSorted();
const records = files.map((file) => readRecord(file, readFileSync(`${folder}/${file}`, 'utf8')));

it('docs/decisions/README.md lists what the records say', async () => {
  await expect(decisionsPage(records)).toMatchFileSnapshot('../../docs/decisions/README.md');
});

describe('the records', () => {
  it('are each in the index once, with title and status', () => {
    const page = decisionsPage(records);
    for (const { number, file, title, status } of records) {
      expect(page.split(`| ${number} | [${title}](${file}) | ${status ?? 'accepted'} |\n`), file).toHaveLength(2);
    }
    expect(page.match(/^\| \d/gm)).toHaveLength(records.length);
  });

  it('have numbers of their own', () => {
    expect(new Set(records.map(({ number }) => number)).size).toBe(records.length);
  });

  it('are all that a part names, each in one part', () => {
    const placed = Object.values(parts).flat();
    expect(new Set(placed).size).toBe(placed.length);
    expect(records.map(({ number }) => number)).toEqual(expect.arrayContaining(placed));
  });

  it('name in their status a record that exists', () => {
    for (const { file, status = '' } of records) {
      const named = [...status.matchAll(/\[(\d+)\]\(([^)]+)\)/g)];
      if (status) expect(named.length, `${file}: ${status}`).toBeGreaterThan(0);
      for (const [, number, target] of named) {
        expect(records, `${file}: ${status}`).toContainEqual(
          expect.objectContaining({ number: Number(number), file: target }),
        );
      }
    }
  });
});

describe('a record', () => {
  const context = '## Context\n\nWhy.\n';

  it('is accepted unless it says otherwise after its title', () => {
    expect(readRecord('0007-a-thing.md', `# 7. A thing\n\n${context}`).status).toBeUndefined();
    expect(readRecord('0007-a-thing.md', `# 7. A thing\n\nSuperseded by [8](0008-b.md).\n\n${context}`)).toEqual({
      number: 7,
      file: '0007-a-thing.md',
      title: 'A thing',
      status: 'Superseded by [8](0008-b.md).',
    });
  });

  it.for(['# 8. A thing\n\n', '# A thing\n\n', '# 7. A thing\n'])('is refused when it begins with %j', (beginning) => {
    expect(() => readRecord('0007-a-thing.md', beginning + context)).toThrow('# 7. Title');
  });
});
