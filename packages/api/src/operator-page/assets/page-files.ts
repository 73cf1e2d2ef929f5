import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The files that the page loads, by the name under which it does: where each is, and what it is. */
const files = {
  'style.css': { type: 'text/css; charset=utf-8' },
  'live.js': { type: 'text/javascript; charset=utf-8' },
  'take-over.js': { type: 'text/javascript; charset=utf-8' },
  'keys.js': { type: 'text/javascript; charset=utf-8' },
  'plots.js': { type: 'text/javascript; charset=utf-8' },
  'sign-in.js': { type: 'text/javascript; charset=utf-8' },
  'icon.svg': { type: 'image/svg+xml' },
  'uplot.js': { type: 'text/javascript; charset=utf-8', package: 'uplot/dist/uPlot.iife.min.js' },
  'uplot.css': { type: 'text/css; charset=utf-8', package: 'uplot/dist/uPlot.min.css' },
} as const satisfies Readonly<Record<string, { readonly type: string; readonly package?: string }>>;

export type PageFileName = keyof typeof files;

export type PageFile = { readonly name: PageFileName; readonly type: string; readonly path: string };

/** The folder in which they lie beside this file, and in an image beside its program: `images/bundle.ts` copies them there. */
export const pageFilesFolder = 'page-files';

/** Each with the path at which it is found now. */
export function pageFiles(): readonly PageFile[] {
  return Object.entries(files).map(([name, file]) => {
    const beside = new URL(`./${pageFilesFolder}/${name}`, import.meta.url);
    const isBeside = !('package' in file) || existsSync(beside);
    // Holds: these are the keys of `files`.
    const fileName = name as PageFileName;
    return {
      name: fileName,
      type: file.type,
      path: fileURLToPath(isBeside ? beside : import.meta.resolve(file.package)),
    };
  });
}
