import { openDeadLetters } from '@waybill/operations/dead-letters/dead-letter-queue.ts';
import { beginOnRecord } from '@waybill/operations/record/on-record.ts';
import type { Operation } from '@waybill/operations/record/operation.ts';
import { planShape } from '@waybill/operations/record/operation-shape.ts';
import { moveTaskUnderWay } from '@waybill/operations/redrive/move-task.ts';
import { planRedrive, type RedriveDependencies } from '@waybill/operations/redrive/plan-redrive.ts';
import { runRedrive } from '@waybill/operations/redrive/run-redrive.ts';
import { filterOf, isAll } from '@waybill/operations/redrive/selection.ts';
import type { z } from 'zod';
import { type Caller, requireScope } from '../access/caller.ts';
import { operationLogOf, type ShownOperation, shownAt } from '../operations/operations.ts';
import { Problem } from '../problems/problem.ts';
import { inSoberWords } from '../problems/sober-words.ts';
import type { ApiDependencies } from '../server/api-dependencies.ts';
import type { redrivePlanRequest, redriveRequest } from './redrive-requests.ts';
import type { RedriveSlot } from './redrive-slot.ts';

export type RedrivesDependencies = Pick<
  ApiDependencies,
  'deadLettersSqs' | 'documents' | 'deployment' | 'clock' | 'random'
> & {
  readonly slot: RedriveSlot;
  readonly pace?: RedrivePace;
};

/** Tests have shorter ones. */
export type RedrivePace = {
  /** Milliseconds between two heartbeats of a redrive. */
  readonly heartbeatMs?: number;
  /** Seconds of a long poll. A call to SQS has 3 s, and a stop waits for the poll in flight. */
  readonly waitSeconds: number;
};

/** A request has 10 s: three to look, a last long poll, as long as the look to hand back what was looked at, and some to spare. */
const lookMs = 3_000;
const defaultPace: RedrivePace = { waitSeconds: 1 };
/** Seconds for which a plan hides messages where its process is killed. */
const planVisibilitySeconds = 60;
/** Those of a redrive. Half of it is enough to renew 100,000 messages. */
const redriveVisibilitySeconds = 300;

/** Records among which a redrive that is under way is looked for: it lasts for hours at most, and operators do few other things. */
const mostLookedAt = 30;

/**
 * What a redrive would do, by a look of some seconds at the dead letters: `notLookedAt` says where there are more. Throws
 * `CONFLICT` while a redrive or another plan is under way.
 */
export async function postPlan(
  deps: RedrivesDependencies,
  caller: Caller,
  { filter, deployedAtUtc }: z.output<typeof redrivePlanRequest>,
  signal: AbortSignal,
): Promise<z.output<typeof planShape>> {
  requireScope(caller, 'operate');
  return await deps.slot.plan(async () => {
    await refuseBesideAnother(deps);
    const options = { deployedAtUtc, mostMs: lookMs };
    const sourceUrl = deps.deployment.scanQueueUrl;
    const { plan } = await planRedrive(redriving(deps, planVisibilitySeconds), sourceUrl, filter, options, signal);
    return planShape.parse(plan);
  });
}

/**
 * Begins a redrive on record and goes on with it after the answer. Throws `CONFLICT` while another one is under way, as far as
 * can be told: two that begin at the same moment in two processes both run, which harms nobody.
 */
export async function postRedrive(
  deps: RedrivesDependencies,
  caller: Caller,
  { filter, because, plan, moreThanPlanned }: z.output<typeof redriveRequest>,
): Promise<ShownOperation> {
  requireScope(caller, 'operate');
  const operation = await deps.slot.redrive(async (stopping) => {
    await refuseBesideAnother(deps);
    const redriveDeps = redriving(deps, redriveVisibilitySeconds);
    const deadLetters = await openDeadLetters(deps.deadLettersSqs, deps.deployment.scanQueueUrl);
    if (await moveTaskUnderWay(deps.deadLettersSqs, deadLetters.arn)) throw besideMoveTask();
    const planned = { plan, selection: filter, deadLetters, unseen: [] };
    const intent = { by: caller.name, because, filter: filterOf(filter), plan };
    return await beginOnRecord(
      { ...intent, kind: isAll(filter) ? 'redrive-all' : 'redrive-some' },
      {
        ...deps,
        ...deps.pace,
        operations: operationLogOf(deps),
        signal: stopping,
        recordsProblems: true,
        explain: inSoberWords,
      },
      (_, context) => runRedrive(redriveDeps, planned, { isMoreThanPlannedFine: moreThanPlanned }, context),
    );
  });
  return shownAt(operation, deps.clock.now());
}

/** A redrive, whoever runs it, where, and since when. Throws `NOT_FOUND`. */
export async function getRedrive(
  deps: Omit<RedrivesDependencies, 'slot'>,
  caller: Caller,
  operationId: string,
): Promise<ShownOperation> {
  requireScope(caller, 'read', 'operate');
  const operation = await operationLogOf(deps).read(operationId);
  if (!operation || !isRedrive(operation)) throw noSuchRedrive();
  return shownAt(operation, deps.clock.now());
}

/**
 * Asks whoever runs the redrive to end it, be it another process of the API or a command line: it looks every three seconds.
 * Throws `NOT_FOUND`, and `CONFLICT` where the redrive has ended.
 */
export async function postCancel(
  deps: Omit<RedrivesDependencies, 'slot'>,
  caller: Caller,
  operationId: string,
): Promise<ShownOperation> {
  requireScope(caller, 'operate');
  const log = operationLogOf(deps);
  const operation = await log.read(operationId);
  if (!operation || !isRedrive(operation)) throw noSuchRedrive();
  const nowMs = deps.clock.now();
  const cancelRequestedAtUtc = new Date(nowMs).toISOString();
  const cancelled = await log.requestCancel(operationId, { cancelRequestedBy: caller.name, cancelRequestedAtUtc });
  if (cancelled.kind === 'requested') return shownAt(cancelled.operation, nowMs);
  if (cancelled.kind === 'missing') throw noSuchRedrive();
  throw new Problem('CONFLICT', 'this redrive has ended: there is nothing to cancel');
}

function redriving(
  { deadLettersSqs, documents, deployment, clock, random, pace = defaultPace }: Omit<RedrivesDependencies, 'slot'>,
  visibilitySeconds: number,
): RedriveDependencies {
  return {
    ...{ sqs: deadLettersSqs, documents, deployment, clock, random },
    pace: { visibilitySeconds, waitSeconds: pace.waitSeconds },
    explain: inSoberWords,
  };
}

async function refuseBesideAnother(deps: Omit<RedrivesDependencies, 'slot'>): Promise<void> {
  const nowMs = deps.clock.now();
  const lately = await operationLogOf(deps).list(mostLookedAt);
  const other = lately.find((operation) => {
    const { state } = shownAt(operation, nowMs);
    return isRedrive(operation) && !('queue' in operation.filter) && (state === 'running' || state === 'cancelling');
  });
  if (!other) return;
  const { operationId } = other;
  const detail = `the redrive ${operationId} is under way: look at it, or cancel it, at /v1/redrives/${operationId}`;
  throw new Problem('CONFLICT', detail, { members: { operationId } });
}

function besideMoveTask(): Problem {
  return new Problem('CONFLICT', 'SQS moves the dead letters already, by a move task that somebody has started');
}

function isRedrive({ kind }: Pick<Operation, 'kind'>): boolean {
  return kind === 'redrive-all' || kind === 'redrive-some';
}

function noSuchRedrive(): Problem {
  return new Problem('NOT_FOUND', 'there is no redrive with this id');
}
