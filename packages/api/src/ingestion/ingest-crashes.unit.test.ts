import { describe, expect, test } from 'vitest';
import { mutated } from '../../../../test/simulator/mutate.ts';
import { pushMutants } from '../../test/push-mutants.ts';
import { simulatePushes } from '../../test/push-world.ts';

/** The first of those that `npm run test:simulation` runs. */
const seeds = 60;

describe('pushes to processes that are killed', () => {
  test(`keep every promise over ${seeds} seeds, in which each fault is met`, async () => {
    const failed: string[] = [];
    const facts = new Set<string>();
    for (let seed = 1; seed <= seeds; seed += 1) {
      const verdict = await simulatePushes(seed);
      for (const fact of verdict.facts) facts.add(fact);
      failed.push(...verdict.violations.map((violation) => `seed ${seed}: ${violation}`));
    }
    expect(failed).toEqual([]);
    expect([...facts].sort()).toEqual([
      'a batch was packed anew',
      'a call: fine',
      'a call: freezes',
      'a call: hangs',
      'a call: late',
      'a call: lost',
      'a call: twice',
      'a call: unanswered',
      'a process was killed',
      'a repetition',
      'an entry was not confirmed',
      'answered: accepted',
      'answered: key reused',
      'answered: not confirmed',
      'answered: under way',
    ]);
  });

  test.for(pushMutants)('can still break so that there is $name', (mutant) => {
    expect(mutated(mutant)).toContain(mutant.replace);
  });
});
