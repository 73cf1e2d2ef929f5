import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { FileSystem, IgnoreMode } from 'aws-cdk-lib';
import { root } from './dockerfile.ts';

const patterns = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');

/** Copies the files of the checkout that docker would get, with the CDK's implementation of docker's rules for `.dockerignore`. */
export function copyBuildContext(folder: string): void {
  FileSystem.copyDirectory(root, folder, { exclude: patterns, ignoreMode: IgnoreMode.DOCKER });
}

/** The files that docker would get, by their paths in the checkout. */
export function buildContext(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-context-'));
  try {
    copyBuildContext(folder);
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
