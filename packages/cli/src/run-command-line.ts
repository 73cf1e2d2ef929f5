import { type BuildInfo, buildInfo } from '@waybill/shared/process/build-info.ts';
import { lostOutput } from '@waybill/shared/process/lost-output.ts';
import { CommanderError } from 'commander';
import { runAct } from './act/run-act.ts';
import type { Command, Given } from './command/command.ts';
import { commands as everyCommand } from './commands/registry.ts';
import { explain } from './errors/explain.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import type { CommandLineIo, Environment } from './io.ts';
import { createPrint } from './output/print.ts';
import { startProgress } from './output/progress-line.ts';
import { createView } from './output/view.ts';
import { createProgram } from './program.ts';
import { createPrompt } from './tools/ask.ts';
import type { Choices } from './tools/choices.ts';
import { createClients } from './tools/clients.ts';
import { whoRuns } from './tools/identity.ts';
import { namesOf } from './tools/names.ts';
import type { Tools } from './tools/tools.ts';

/** Columns where there is no terminal: of the help, and of what is not a table. */
const columnsWithoutTerminal = 80;

/** Runs one command line, `['operations', 'list']`, to its end. Never rejects: what goes wrong is said on stderr. */
export async function runCommandLine(
  args: readonly string[],
  io: CommandLineIo,
  commands: readonly Command[] = everyCommand,
): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  const program = createProgram(commands, {
    version: versionText(buildInfo(io.env)),
    columns: Math.min(io.columns ?? columnsWithoutTerminal, 100),
    writeOut: (text) => void io.stdout.write(text),
    writeError: (text) => void io.stderr.write(text.replace(/^error: /, 'waybill: ')),
    run: async (command, given, choices) => {
      exitCode = await runOne(command, given, choices, io);
    },
  });
  // Without a listener it ends the process with a stack.
  io.stderr.on('error', ignored);
  const isWhole = watchOutput(io);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // `--help` and `--version` end with 0; a group without its command shows its help as an error.
    exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  return exitCode !== exitCodes.done || (await isWhole()) ? exitCode : exitCodes.failed;
}

/**
 * Says on stderr that standard output cannot be written, as on a disk that is full. A reader that has gone (`| head -1`) is
 * no failure: it has what it wanted. Returns what waits for all that was written, and then says whether it is there.
 */
function watchOutput({ stdout, stderr }: Pick<CommandLineIo, 'stdout' | 'stderr'>): () => Promise<boolean> {
  let isWhole = true;
  stdout.on('error', (error) => {
    const lost = lostOutput(error);
    if (lost === undefined || !isWhole) return;
    isWhole = false;
    stderr.write(`waybill: ${lost}\n`);
  });
  return async () => {
    // A write tells of its failure later, and its listeners are told after its caller.
    await new Promise<void>((resolve) => stdout.write('', () => setImmediate(resolve)));
    return isWhole;
  };
}

const ignored = () => undefined;

/** How wide a pipe or a file is: whole lines for `grep`, unless `COLUMNS` says that somebody reads them. */
function columnsOf({ COLUMNS = '' }: Environment): number {
  return /^[1-9]\d{0,4}$/.test(COLUMNS) ? Number(COLUMNS) : Number.POSITIVE_INFINITY;
}

/** `0.2.0`; of an image that knows its commit, `0.2.0 (commit 0123…)`. */
function versionText({ version, commit }: BuildInfo): string {
  return commit === 'unknown' ? version : `${version} (commit ${commit})`;
}

async function runOne(command: Command, given: Given, choices: Choices, io: CommandLineIo): Promise<ExitCode> {
  const { stdout, stderr, env, clock, random, signals, isTerminal } = io;
  const over = new AbortController();
  const width = isTerminal.stdout ? (io.columns ?? columnsWithoutTerminal) : columnsOf(env);
  const view = createView({ width, hasColours: isTerminal.stdout && !env['NO_COLOR'], nowMs: clock.now() });
  const columns = io.columns ?? columnsWithoutTerminal;
  const progress = startProgress({
    ...{ stderr, clock, columns, isTerminal: isTerminal.stderr && env['TERM'] !== 'dumb', over: over.signal },
    what: `waybill ${command.name}`,
  });
  const print = createPrint({ stdout, stderr, isJson: choices.json, view, before: progress.clear });
  const clients = createClients(io);
  const ending = endOnDemand(io);
  const canAsk = isTerminal.stdin && isTerminal.stderr;
  const prompt = createPrompt({ ...io, canAsk, before: progress.pause });
  const names: Tools['names'] = (...wanted) => namesOf(wanted, { env, choices, ...clients });
  const base = {
    ...{ choices, env, names, clock, random, print, signal: signals.first },
    ...{ sqs: clients.sqs, dynamodb: clients.dynamodb, documents: clients.documents, progress: progress.show },
    randomBytes: io.randomBytes,
    by: () => whoRuns(env, clients.callerArn, io.userName),
    ask: prompt.ask,
    secret: prompt.secret,
    operations: async () => {
      const { operationsTable: tableName } = await names('operationsTable');
      const { dynamoDbOperationLog } = await import('@waybill/operations/record/dynamodb-operation-log.ts');
      return dynamoDbOperationLog({ documents: await clients.documents(), tableName }, clock);
    },
  };
  let isHolding = false;
  const onBegin = () => {
    if (isHolding) return;
    isHolding = true;
    ending.waitForAct();
    signals.first.addEventListener('abort', () =>
      print.note('Stopping: what is held is handed back. Ctrl-C again ends it at once.'),
    );
  };
  const tools: Tools = { ...base, handsBack: onBegin, act: (act) => runAct(act, { ...base, canAsk, onBegin }) };
  const finished = command.run(given, tools).then((code) => code ?? exitCodes.done);
  // One that was left behind may still fail.
  finished.catch(ignored);
  try {
    return await Promise.race([finished, ending.ended]);
  } catch (error) {
    if (signals.first.aborted) return exitCodes.interrupted;
    const { lines, exitCode } = explain(error, { env, choices });
    progress.clear();
    const isHelpless = exitCode === exitCodes.usage && lines.length === 1;
    stderr.write(`${[...lines, ...(isHelpless ? [`  Try: waybill ${command.name} --help`] : [])].join('\n')}\n`);
    return exitCode;
  } finally {
    over.abort();
    progress.clear();
    ending.forget();
    clients.close();
    prompt.close();
  }
}

/**
 * What ends a command before it is finished: Ctrl-C, and stdout that takes no more. An act that has begun
 * ends itself: it hands back what it holds, and only the second Ctrl-C leaves it behind.
 */
function endOnDemand({ stdout, signals }: Pick<CommandLineIo, 'stdout' | 'signals'>) {
  const { promise: ended, resolve } = Promise.withResolvers<ExitCode>();
  let isActing = false;
  const onFirst = () => {
    if (!isActing) resolve(exitCodes.interrupted);
  };
  const onSecond = () => resolve(exitCodes.interrupted);
  const onClosed = ({ code }: NodeJS.ErrnoException) => {
    if (!isActing) resolve(code === 'EPIPE' ? exitCodes.done : exitCodes.failed);
  };
  signals.first.addEventListener('abort', onFirst);
  signals.second.addEventListener('abort', onSecond);
  stdout.on('error', onClosed);
  if (signals.first.aborted) onFirst();
  return {
    ended,
    waitForAct: () => {
      isActing = true;
    },
    forget: () => {
      signals.first.removeEventListener('abort', onFirst);
      signals.second.removeEventListener('abort', onSecond);
    },
  };
}
