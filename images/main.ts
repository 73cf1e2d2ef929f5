import { resolve } from 'node:path';
import { bundle } from './bundle.ts';
import { imageNames } from './programs.ts';

/** `npm run bundle`: writes the programs of every image, each image to its own folder. The `Dockerfile` copies from there. */
const folder = resolve(process.argv[2] ?? new URL('dist', import.meta.url).pathname);
for (const image of imageNames) await bundle(image, resolve(folder, image));
