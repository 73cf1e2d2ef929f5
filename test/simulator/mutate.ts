import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { Mutant } from './mutants.ts';

/** A change to one place of a source. */
export type Mutation = Omit<Mutant, 'promise'>;

const root = new URL('../../', import.meta.url);

/** The mutant's source text. Throws unless its place occurs exactly once. */
export function mutated({ name, file, find, replace }: Mutation): string {
  const [before, after, ...others] = readFileSync(new URL(file, root), 'utf8').split(find);
  if (before === undefined || after === undefined || others.length > 0)
    throw new Error(
      `mutant "${name}": its place occurs ${others.length === 0 ? 'nowhere' : 'more than once'} in ${file}`,
    );
  return before + replace + after;
}

/** From now on this process loads the mutant instead of the source; to be called before anything imports it. */
export function loadMutated(mutant: Mutation): void {
  const source = mutated(mutant);
  const { href } = new URL(mutant.file, root);
  registerHooks({
    load: (url, context, nextLoad) => (url === href ? { ...nextLoad(url, context), source } : nextLoad(url, context)),
  });
}
