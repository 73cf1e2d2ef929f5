import { expect, it } from 'vitest';
import { metricsPage } from './metrics.ts';

it('docs/metrics.md says what metrics.ts says', async () => {
  await expect(metricsPage()).toMatchFileSnapshot('../../docs/metrics.md');
});
