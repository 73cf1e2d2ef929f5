import { describe, expect, test } from 'vitest';
import { counted } from './cost-program.ts';
import { costMutants } from './mutants.ts';

describe('what a million events cost', () => {
  test.for(costMutants)('is noticed to grow when $name', async ({ name, figure, scenario }) => {
    const { code, grown } = await counted('--mutant', name, '--scenario', scenario, '--no-history');
    expect(grown).toContain(figure);
    expect(code).toBe(1);
  });
});
