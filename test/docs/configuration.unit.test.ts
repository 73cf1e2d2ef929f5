import { apiVariables } from '@waybill/api/config.ts';
import { scanApiVariables } from '@waybill/carrier/config.ts';
import { receiverProcessVariables } from '@waybill/local/receiver/config.ts';
import { notifierVariables } from '@waybill/notifier/config.ts';
import { pollerVariables } from '@waybill/poller/config.ts';
import { processorVariables } from '@waybill/processor/config.ts';
import { commonVariables } from '@waybill/shared/process/process-config.ts';
import { expect, it } from 'vitest';
import { configurationPage } from './configuration.ts';

it('docs/configuration.md says what the schemas say', async () => {
  const processes = {
    Poller: pollerVariables,
    Processor: processorVariables,
    Notifier: notifierVariables,
    API: apiVariables,
  };
  const programs = { 'npm run scan-api': scanApiVariables, 'npm run receiver': receiverProcessVariables };
  const page = configurationPage(commonVariables, processes, programs);
  await expect(page).toMatchFileSnapshot('../../docs/configuration.md');
});
