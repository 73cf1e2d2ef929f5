import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'orval';

const requestFile = join(import.meta.dirname, '../src/request.ts');

/** Where the generated functions lie, from the root of the repository. */
export const generatedFile = 'packages/client/src/generated/waybill.ts';

/**
 * The client's functions and types, as orval makes them from a document.
 *
 * @param document path of the OpenAPI document
 */
export async function clientOf(document: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-client-'));
  try {
    await mkdir(join(folder, 'generated'));
    // The import of what sends the requests is relative to what is generated.
    const mutator = join(folder, 'request.ts');
    await copyFile(requestFile, mutator);
    const target = join(folder, 'generated/waybill.ts');
    await generate({
      input: { target: document },
      output: {
        mode: 'single',
        client: 'fetch',
        target,
        override: {
          header: () => ['Made from packages/api/openapi.json by `npm run openapi`.'],
          mutator: { path: mutator, name: 'request', extension: '.ts' },
        },
      },
    });
    return await readFile(target, 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}
