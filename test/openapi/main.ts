import { writeFile } from 'node:fs/promises';
import { givenOrExit } from '@waybill/shared/process/program.ts';
import { clientOf, generatedFile } from '../../packages/client/test/generate.ts';
import { documentFile, madeDocument } from './made.ts';

givenOrExit({
  command: 'npm run openapi',
  says: "Writes the document that the API's routes make, and the client that orval makes from it. Commit both.",
  examples: [{ line: 'npm run openapi', says: 'after a change of a route' }],
  exitCode: '0 written, 1 it cannot be made, 2 wrong flags.',
  docs: ['CONTRIBUTING.md#lanes', 'docs/decisions/0143-document-from-the-routes.md'],
});
await writeFile(documentFile, await madeDocument());
await writeFile(generatedFile, await clientOf(documentFile));
console.log(`wrote ${documentFile} and ${generatedFile}`);
