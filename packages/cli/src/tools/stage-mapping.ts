import type { StageMapping } from '@waybill/shared/domain/stage.ts';
import type { Environment } from '../io.ts';

/** What `STAGES` says, as the processes read it. Throws `CONFIG_INVALID` with every mistake in it. */
export async function stageMapping(env: Environment): Promise<StageMapping> {
  const [{ readEnv }, { stagesVariable }, { z }] = await Promise.all([
    import('@waybill/shared/process/env.ts'),
    import('@waybill/shared/process/stages-variable.ts'),
    import('zod'),
  ]);
  return readEnv(z.object({ STAGES: stagesVariable }), { STAGES: env['STAGES'] }).STAGES;
}
