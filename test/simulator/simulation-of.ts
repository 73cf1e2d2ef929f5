import type { World } from './run-seeds.ts';
import type { Verdict } from './simulate.ts';

/** What runs a seed of this world. Loaded only now: what it imports may be a mutant. */
export async function simulationOf(
  world: World,
): Promise<(seed: number, options?: { readonly trace?: (line: string) => void }) => Promise<Verdict>> {
  if (world === 'list') return (await import('./list-world.ts')).simulateList;
  if (world === 'notified') return (await import('./notified-world.ts')).simulateNotified;
  const { simulate, simulatePushed } = await import('./simulate.ts');
  return world === 'pushed' ? simulatePushed : simulate;
}
