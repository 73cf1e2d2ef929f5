import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ImageName } from '../../images/programs.ts';
import { copyBuildContext } from './build-context.ts';
import {
  type CopyStep,
  commandOf,
  dockerfileText,
  readStages,
  root,
  type Stage,
  type Step,
  stepsOf,
} from './dockerfile.ts';

/** What docker would run. */
export type BuiltImage = {
  /** The image's working directory, with exactly what the Dockerfile puts into it. */
  readonly folder: string;
  /** ENTRYPOINT and CMD; the first word is `node`. */
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

export type BuiltImages = {
  readonly images: Readonly<Record<ImageName, BuiltImage>>;
  /** The working directory of the build stage. */
  readonly buildFolder: string;
  remove(): void;
};

/**
 * Builds the images as docker would, without docker: from the files that `.dockerignore` allows, step by step, in folders
 * outside the checkout. `given` are build arguments. Instead of `npm ci` it links the installed packages; Waybill's own are those that were copied.
 */
export function buildImages(given: Readonly<Record<string, string>> = {}): BuiltImages {
  const stages = readStages(dockerfileText);
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'waybill-images-')));
  const remove = () => rmSync(place, { recursive: true });
  try {
    const context = join(place, 'context');
    mkdirSync(context);
    copyBuildContext(context);
    const build = stages.find(({ name }) => name === 'build');
    if (!build) throw new Error('the Dockerfile has no stage named build');
    const buildFolder = join(place, 'build');
    mkdirSync(buildFolder);
    for (const step of build.steps) {
      if (isCopy(build, step)) copyInto(context, step, buildFolder);
      if (step.keyword === 'RUN') runIn(buildFolder, step.text);
    }
    const workdir = build.steps.find(({ keyword }) => keyword === 'WORKDIR')?.text ?? '/';
    const built = (image: ImageName): BuiltImage => {
      const folder = join(place, image);
      mkdirSync(folder);
      const copies = stages.find(({ name }) => name === image)?.copies ?? [];
      for (const copy of copies) {
        const sources = copy.sources.map((source) => source.slice(workdir.length + 1));
        copyInto(buildFolder, { ...copy, sources }, folder);
      }
      const named = (keyword: string) =>
        stepsOf(stages, image, keyword).flatMap(({ text }) => [...text.matchAll(/(\w+)=(\S+)/g)]);
      const args = { ...Object.fromEntries(named('ARG').map(([, name = '', value = '']) => [name, value])), ...given };
      const filled = (text: string) =>
        text.replace(/^"(.*)"$/, '$1').replace(/\$(\w+)/g, (_, name) => args[name] ?? '');
      return {
        folder,
        command: commandOf(stages, image),
        healthcheck: stepsOf(stages, image, 'HEALTHCHECK').at(-1)?.exec ?? [],
        env: Object.fromEntries(named('ENV').map(([, name = '', value = '']) => [name, filled(value)])),
      };
    };
    const images = {
      poller: built('poller'),
      processor: built('processor'),
      api: built('api'),
      notifier: built('notifier'),
      operator: built('operator'),
      local: built('local'),
    };
    return { images, buildFolder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function isCopy({ copies }: Stage, step: Step): step is CopyStep {
  return copies.some((copy) => copy === step);
}

/** Copies the content of a folder into the target, or a file into a target that ends with `/`. */
function copyInto(from: string, { sources, target }: CopyStep, folder: string): void {
  for (const source of sources) {
    const path = join(from, source);
    const to = join(folder, target);
    cpSync(path, statSync(path).isDirectory() ? to : join(to, basename(path)), { recursive: true });
  }
}

function runIn(folder: string, command: string): void {
  if (/\bnpm ci\b/.test(command)) {
    linkPackages(folder);
    return;
  }
  const [program, ...args] = command.split(/\s+/);
  if (program !== 'node') throw new Error(`cannot run "${command}" here, only node`);
  execFileSync(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

function linkPackages(folder: string): void {
  const installed = join(root, 'node_modules');
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@waybill'), { recursive: true });
  for (const name of readdirSync(installed)) {
    if (name !== '@waybill') symlinkSync(join(installed, name), join(modules, name));
  }
  for (const name of readdirSync(join(folder, 'packages')))
    symlinkSync(join(folder, 'packages', name), join(modules, '@waybill', name));
}
