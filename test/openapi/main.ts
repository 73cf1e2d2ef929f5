/** `npm run openapi`: writes the document that the API's routes make, and the client that orval makes from it. */
import { writeFile } from 'node:fs/promises';
import { clientOf, generatedFile } from '../../packages/client/test/generate.ts';
import { documentFile, madeDocument } from './made.ts';

await writeFile(documentFile, await madeDocument());
await writeFile(generatedFile, await clientOf(documentFile));
console.log(`wrote ${documentFile} and ${generatedFile}`);
