import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { type ImageName, programs } from './programs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** CommonJS packages (pino, for one) take Node's own modules by `require`, which a module in ESM does not have. */
const requireForCommonJs =
  "import { createRequire as createRequireOfBundle } from 'node:module';\n" +
  'const require = createRequireOfBundle(import.meta.url);';

/**
 * Of the packages, lets the source map know the file and no line. Node reads a map whole when the first stack trace is
 * asked for, and with every line of them it takes a quarter of the heap (docs/decisions/0064-images.md).
 */
const mapPackagesByFile: Plugin = {
  name: 'map packages by file',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      const map = { version: 3, sources: [basename(path)], mappings: 'AAAA' };
      const encoded = Buffer.from(JSON.stringify(map)).toString('base64');
      const code = await readFile(path, 'utf8');
      return { contents: `${code}\n//# sourceMappingURL=data:application/json;base64,${encoded}`, loader: 'js' };
    });
  },
};

/**
 * Writes the programs of one image to `folder`, each as one file with everything in it that it imports, `<name>.mjs`,
 * beside its source map. Rejects, with esbuild's messages, when one cannot be bundled.
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
    // Positions only: a stack trace names file and line, not their text.
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [mapPackagesByFile],
    logLevel: 'warning',
  });
}
