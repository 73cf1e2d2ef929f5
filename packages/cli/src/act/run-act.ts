import { type ActContext, onRecord, type RecordedResult } from '@waybill/operations/record/on-record.ts';
import type { Outcome } from '@waybill/operations/record/operation.ts';
import type { OperationLog } from '@waybill/operations/record/operation-log.ts';
import type { Plan } from '@waybill/operations/record/plan.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { countInWords } from '@waybill/shared/field-words.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import type { Act, Tools } from '../tools/tools.ts';
import { usageError } from '../tools/usage-error.ts';
import { planLines } from './plan-lines.ts';

type ActTools = Pick<
  Tools,
  'choices' | 'operations' | 'by' | 'clock' | 'random' | 'signal' | 'print' | 'progress' | 'ask'
> & {
  /** Both stdin and stderr are a terminal. */
  readonly canAsk: boolean;
  /** Called when the act itself begins: from then on the first Ctrl-C waits until it has handed back what it holds. */
  readonly onBegin: () => void;
};

const exitCodeOf = {
  done: exitCodes.done,
  partly: exitCodes.partly,
  refused: exitCodes.refused,
  cancelled: exitCodes.interrupted,
  failed: exitCodes.failed,
} as const satisfies Record<Outcome, ExitCode>;

/** Plans, prints the plan, asks, runs on record, prints the result. Resolves with the exit code. */
export async function runAct<P extends { readonly plan: Plan }>(act: Act<P>, tools: ActTools): Promise<ExitCode> {
  const { choices, print, signal, progress } = tools;
  const { dryRun, yes, because, moreThanPlanned } = choices;
  // Before the plan, which may take minutes.
  if (!dryRun && !tools.canAsk) requireFlags(choices);
  // Asked meanwhile: where it cannot be said, nobody waits for a plan. Awaited below.
  const who = dryRun ? Promise.resolve('') : tools.by();
  who.catch(() => undefined);
  const context: ActContext = { signal, onProgress: progress };
  const planned = await Promise.race([act.plan(context), onlyIfRejected(who)]);
  signal.throwIfAborted();
  const { plan } = planned;
  const { view } = print;
  const sentence = () => view.wrapped(act.sentence(planned));
  const lines = () => [...sentence(), '', ...planLines(plan, view), ...(act.details?.(planned) ?? [])];
  if (dryRun) {
    print.document(plan, lines);
    return exitCodes.done;
  }
  if (!print.isJson) print.note([...lines(), '']);
  const isNothing = act.isNothing ?? (({ plan: { count, isMoreThan } }) => count === 0 && !isMoreThan);
  if (isNothing(planned)) {
    const problems = act.unseen?.(planned) ?? [];
    const outcome = problems.length > 0 ? 'partly' : 'done';
    const nothing = problems.length > 0 ? 'Nothing to do, as far as could be seen:' : 'Nothing to do.';
    const said = [nothing, ...problems.map((problem) => `  ${problem}`)];
    print.document({ operationId: null, outcome, counts: {}, problems, plan }, () => said);
    return exitCodeOf[outcome];
  }
  const reason = because ?? (await tools.ask('Why? It goes on record: ', '--because'));
  if (reason.trim() === '') throw usageError('Nothing was done: an act needs a reason, which goes on record');
  if (!yes && !(await isConfirmed(act, tools))) {
    print.note('Nothing was done.');
    return exitCodes.refused;
  }
  const by = await who;
  const operations = refusing(await tools.operations());
  signal.throwIfAborted();
  const { kind, filter } = act;
  tools.onBegin();
  const result = await onRecord(
    { kind, by, because: reason, filter, plan },
    { ...tools, operations, onProgress: progress },
    (operationId, recorded) => act.run(planned, { ...recorded, operationId, moreThanPlanned }),
  );
  print.document({ ...result, plan }, () => resultLines(result));
  return exitCodeOf[result.outcome];
}

/** Never resolves, and rejects when `promise` does. */
function onlyIfRejected(promise: Promise<unknown>): Promise<never> {
  return new Promise((_resolve, reject) => void promise.catch(reject));
}

/** The log, whose refusal to begin a record says that therefore nothing was done. */
function refusing(operations: OperationLog): OperationLog {
  return {
    ...operations,
    begin: async (start) => {
      try {
        await operations.begin(start);
      } catch (cause) {
        throw new WaybillError('OPERATION_REFUSED', 'Nothing was done: the act could not be put on record', { cause });
      }
    },
  };
}

function requireFlags({ yes, because }: Tools['choices']): void {
  const missing = [...(yes ? [] : ['--yes']), ...(because === undefined ? ['--because TEXT'] : [])];
  if (missing.length === 0) return;
  throw usageError(
    `Nothing was done: there is no terminal to ask on, so ${missing.join(' and ')} must be given`,
    'the same with --dry-run',
  );
}

async function isConfirmed<P extends { readonly plan: Plan }>({ typed }: Act<P>, { ask }: ActTools): Promise<boolean> {
  if (typed) return (await ask(typed.question, typed.flag)).trim() === typed.expected;
  return /^y(es)?$/i.test((await ask('Go on? [y/N] ', '--yes')).trim());
}

function resultLines({ operationId, outcome, counts, problems }: RecordedResult): readonly string[] {
  const counted = Object.entries(counts).map(([what, count]) => countInWords(what, count));
  return [
    `${outcome}${counted.length > 0 ? `: ${counted.join(', ')}` : ''}`,
    ...problems.map((problem) => `  ${problem}`),
    `On record: waybill operations show ${operationId}`,
  ];
}
