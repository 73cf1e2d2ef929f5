import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** TypeScript sources by their paths from the repository's root. */
export type Sources = ReadonlyMap<string, string>;

/** The sources of this repository. */
export function readSources(root: string): Sources {
  const paths = globSync('{packages,infra,images,bench,test}/**/*.ts', {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|cdk\.out)$/.test(path),
  });
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** Whether a file is a test or made for tests. */
export function isTest(path: string): boolean {
  return /\.test\.ts$|^(test|infra\/test|packages\/[^/]+\/test)\//.test(path);
}
