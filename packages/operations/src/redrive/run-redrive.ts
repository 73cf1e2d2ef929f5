import { counted } from '@waybill/shared/counted.ts';
import type { ActContext, ActResult } from '../record/on-record.ts';
import { exceedsPlan } from '../record/plan.ts';
import { runMoveTask } from './move-task.ts';
import type { PlannedRedrive, RedriveDependencies } from './plan-redrive.ts';
import { type RunOptions, redriveSome } from './redrive-some.ts';
import { isAll } from './selection.ts';

/**
 * Redrives what was planned: everything by SQS's own move task where the engine has one, else message by message. Without
 * leave it refuses when there are over 10 % more than planned.
 */
export async function runRedrive(
  deps: RedriveDependencies,
  planned: PlannedRedrive,
  options: RunOptions,
  context: ActContext,
): Promise<ActResult> {
  const { plan, selection, deadLetters } = planned;
  if (!isAll(selection)) return redriveSome(deps, planned, options, context);
  const { waiting } = await deadLetters.counts();
  if (!options.isMoreThanPlannedFine && exceedsPlan(waiting, plan)) {
    const problem = `found ${counted(waiting, 'dead letter')} where ${plan.count} were planned: nothing was moved; plan again`;
    return { outcome: 'refused', counts: { redriven: 0 }, problems: [problem] };
  }
  return (await runMoveTask(deps, deadLetters.arn, context)) ?? redriveSome(deps, planned, options, context);
}
