import { cp, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { pageFiles, pageFilesFolder } from '../packages/api/src/operator-page/assets/page-files.ts';
import { type ImageName, programs } from './programs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** CommonJS packages (such as pino) load Node's own modules by `require`, which an ES module does not have. */
const requireForCommonJs =
  "import { createRequire as createRequireOfBundle } from 'node:module';\n" +
  'const require = createRequireOfBundle(import.meta.url);';

/**
 * Keeps the lines of packages out of the source map; it has only the name of each file. Node reads the whole map for the
 * first stack trace, and with every line of the packages it takes a quarter of the heap (docs/decisions/0064-images.md).
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
 * Writes the programs of one image to `folder`. Each is one file, `<name>.mjs`, which contains everything that it imports,
 * with a source map; the operator's has parts beside it, which it loads when it needs them, and the API's the files of the
 * operator's page. Rejects with esbuild's messages when a program cannot be bundled.
 */
export async function bundle(image: ImageName, folder: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: Object.entries(programs[image]).map(([name, entry]) => ({ in: entry, out: name })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // Node compiles a whole file before it runs a line of it. A process does that once, an operator at each question.
    splitting: image === 'operator',
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // The ES modules of packages that have both: esbuild cannot leave unused parts of CommonJS out.
    mainFields: ['module', 'main'],
    banner: { js: requireForCommonJs },
    // Positions only: a stack trace shows file and line, not the source text.
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [mapPackagesByFile],
    logLevel: 'warning',
  });
  if (image === 'api') for (const { name, path } of pageFiles()) await cp(path, join(folder, pageFilesFolder, name));
}
