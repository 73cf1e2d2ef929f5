import { resolve } from 'node:path';
import { givenOrExit } from '../packages/shared/src/process/program.ts';
import { bundle } from './bundle.ts';
import { imageNames } from './programs.ts';

const { words } = givenOrExit({
  command: 'npm run bundle',
  says: 'Writes the programs of every image, each image to its own folder. The Dockerfile copies from there.',
  word: { placeholder: 'FOLDER', says: 'where to write (default images/dist)' },
  examples: [{ line: 'npm run bundle', says: 'as the Dockerfile does' }],
  exitCode: '0 written, 1 a program cannot be bundled, 2 wrong flags.',
  docs: ['docs/decisions/0064-images.md'],
});
const folder = resolve(words[0] ?? new URL('dist', import.meta.url).pathname);
for (const image of imageNames) await bundle(image, resolve(folder, image));
