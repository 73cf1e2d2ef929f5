import { commands } from '@waybill/cli/commands/registry.ts';
import { nameVariables } from '@waybill/cli/tools/read-names.ts';
import { expect, it } from 'vitest';
import { waybillPage } from './waybill.ts';

it('docs/waybill.md says what the commands say', async () => {
  await expect(waybillPage(commands, nameVariables)).toMatchFileSnapshot('../../docs/waybill.md');
});
