import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { clientOf, generatedFile } from '../../packages/client/test/generate.ts';
import { documentFile, madeDocument } from './made.ts';

const asMade = 'differs from what is made now: npm run openapi';

test('the document in the repository is the one that the routes make', async () => {
  expect(await readFile(documentFile, 'utf8'), `${documentFile} ${asMade}`).toBe(await madeDocument());
});

test('the client is the one that is generated from the document', async () => {
  expect(await readFile(generatedFile, 'utf8'), `${generatedFile} ${asMade}`).toBe(await clientOf(documentFile));
});
