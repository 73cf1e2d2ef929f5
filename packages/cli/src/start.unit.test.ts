import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const root = fileURLToPath(import.meta.resolve('../../..'));

/** The files that every start loads, by their paths from the repository's root: what is not behind an `import()`. */
async function loadedAtStart(): Promise<readonly string[]> {
  const { metafile } = await build({
    ...{ absWorkingDir: root, entryPoints: ['packages/cli/src/main.ts'], outdir: 'never-written', write: false },
    ...{ bundle: true, splitting: true, platform: 'node', format: 'esm', metafile: true, logLevel: 'silent' },
  });
  const { outputs } = metafile;
  const loaded = new Set(
    Object.keys(outputs).filter((path) => outputs[path]?.entryPoint === 'packages/cli/src/main.ts'),
  );
  for (const path of loaded) {
    for (const { kind, path: to, external } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && !external) loaded.add(to);
  }
  return [...loaded].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
}

test('every start loads the commands and commander, and neither SDK nor zod nor an act', async () => {
  const loaded = await loadedAtStart();
  expect(loaded).toContain('packages/cli/src/commands/registry.ts');
  const packages = loaded.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual(['commander']);
});
