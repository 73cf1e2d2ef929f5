import { apiVariables } from '@waybill/api/config.ts';
import { notifierVariables } from '@waybill/notifier/config.ts';
import { pollerVariables } from '@waybill/poller/config.ts';
import { processorVariables } from '@waybill/processor/config.ts';
import { commonVariables } from '@waybill/shared/process/process-config.ts';
import { expect, it } from 'vitest';
import { configurationPage } from './configuration.ts';

it('docs/configuration.md says what the schemas say', async () => {
  const page = configurationPage(commonVariables, {
    Poller: pollerVariables,
    Processor: processorVariables,
    Notifier: notifierVariables,
    API: apiVariables,
  });
  await expect(page).toMatchFileSnapshot('../../docs/configuration.md');
});
