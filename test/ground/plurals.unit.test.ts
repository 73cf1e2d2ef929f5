import { globSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(import.meta.resolve('../..'));

/** What is counted in texts that people read. */
const nouns =
  'event|element|parcel|message|record|request|response|failure|dead letter|gap|notification|item|page|receive|send|key|character|batch|milestone|kind|problem|pack|write|delivery|announcement|entry|difference';

/** `${count} messages` in a template: the number may be 1. */
const written = new RegExp(
  `\\$\\{(?!counted\\()([^{}]+)\\} (?:(?:open|late|other|more|first|malformed|different) )?(?:${nouns})(?:s|es)\\b`,
  'g',
);

/** A bound that is never 1, how many were planned, or the characters of a body of 64 KiB and more, by its name. */
const isBound =
  /(?:^|\.)(?:max|most|fewest|longest|plan\.count|limit\b|MAX|#most\b)|Max|Count\)?$|Number\(|shownNumber\(|number\(|inWords|toLocaleString|requestsPerSecond|batchGetKeys|body\.length/;

it('a number before a noun in a text agrees with it', () => {
  const files = globSync('packages/*/src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'));
  expect(files.length).toBeGreaterThan(300);
  const wrong = files.flatMap((file) =>
    [...readFileSync(`${root}${sep}${file}`, 'utf8').matchAll(written)]
      .filter(([, expression = '']) => !isBound.test(expression))
      .map(([text]) => `${file}: ${text} (use counted() of @waybill/shared/counted.ts)`),
  );
  expect(wrong).toEqual([]);
});
