import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type ImageName, programs } from './programs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** CommonJS packages (pino, for one) take Node's own modules by `require`, which a module in ESM does not have. */
const requireForCommonJs =
  "import { createRequire as createRequireOfBundle } from 'node:module';\n" +
  'const require = createRequireOfBundle(import.meta.url);';

/**
 * Writes the programs of one image to `folder`, each as one file with everything in it that it imports, `<name>.mjs`,
 * beside its source map. Rejects, with esbuild's messages, when one cannot
 * be bundled.
 */
export async function bundle(image: ImageName, folder: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: Object.entries(programs[image]).map(([name, entry]) => ({ in: entry, out: name })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // The ESM halves of packages that have both: of a CommonJS one nothing can be left out.
    mainFields: ['module', 'main'],
    banner: { js: requireForCommonJs },
    // Positions only: a stack trace names file and line, and the sources' text would triple the map.
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  });
}
