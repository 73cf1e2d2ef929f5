import { randomBytes } from 'node:crypto';
import { PassThrough, Writable } from 'node:stream';
import { type Clock, systemClock } from '@waybill/shared/clock.ts';
import { useEngines } from '../../consumer/test/engines.ts';
import type { Command } from '../src/command/command.ts';
import type { CommandLineIo, Environment } from '../src/io.ts';
import { runCommandLine } from '../src/run-command-line.ts';

/** What a command did: all that it wrote, and its exit code. */
export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly env?: Environment;
  /** A terminal of this many columns; none by default. */
  readonly columns?: number;
  /** What is typed on the terminal, a line for each question. */
  readonly typed?: readonly string[];
  readonly clock?: Clock;
  /** Where data goes instead of into {@link Ran}. */
  readonly stdout?: Writable;
  /** The first and the second Ctrl-C. */
  readonly first?: AbortSignal;
  readonly second?: AbortSignal;
  /** By default every command of `waybill`. */
  readonly commands?: readonly Command[];
  /** Called with each write to stdout or stderr. */
  readonly onWrite?: (text: string) => void;
};

const never = new AbortController().signal;

/** Runs a command line in this process, with these variables and no others. */
export async function runCommand(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const {
    env = {},
    columns,
    typed,
    clock = systemClock,
    stdout,
    first = never,
    second = never,
    onWrite,
    commands,
  } = options;
  const said = { stdout: '', stderr: '' };
  const into = (name: keyof typeof said) =>
    new Writable({
      write: (chunk, _encoding, done) => {
        said[name] += chunk;
        onWrite?.(String(chunk));
        done();
      },
    });
  const stdin = new PassThrough();
  stdin.end(typed?.map((line) => `${line}\n`).join(''));
  const isTerminal = columns !== undefined;
  const io: CommandLineIo = {
    ...{ stdin, stdout: stdout ?? into('stdout'), stderr: into('stderr'), env, columns, clock },
    isTerminal: { stdin: isTerminal, stdout: isTerminal, stderr: isTerminal },
    random: Math.random,
    randomBytes: (count) => randomBytes(count),
    signals: { first, second },
    userName: () => 'tester',
    place: (service) => {
      const endpoint = env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? env['AWS_ENDPOINT_URL'];
      return {
        region: env['AWS_REGION'] ?? 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        ...(endpoint !== undefined && { endpoint }),
      };
    },
  };
  const code = await runCommandLine(args, io, commands);
  return { code, stdout: said.stdout, stderr: shown(said.stderr) };
}

/** What stays on a terminal of lines that were redrawn: a busy machine shows progress where an idle one does not. */
function shown(text: string): string {
  const parts = text.split('\r\u001B[K');
  const last = parts.pop() ?? '';
  return parts.map((part) => part.slice(0, part.lastIndexOf('\n') + 1)).join('') + last;
}

/**
 * Queues and tables of this test file's own: {@link useEngines} with the variables that name them, and `run`, which runs a
 * command line with these variables.
 */
export function useCommandLine(environment: Environment) {
  const engines = useEngines(environment);
  const env = async (): Promise<Environment> => {
    const { sqs, dynamodb, resources } = engines();
    const urlOf = async ({ config: { endpoint } }: Pick<typeof dynamodb, 'config'>) => {
      const { protocol = 'http:', hostname = '', port } = (await endpoint?.()) ?? {};
      return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
    };
    return {
      AWS_ENDPOINT_URL_SQS: await urlOf(sqs as unknown as typeof dynamodb),
      AWS_ENDPOINT_URL_DYNAMODB: await urlOf(dynamodb),
      AWS_REGION: 'us-east-1',
      SCAN_QUEUE_URL: resources.scanQueueUrl,
      PARCELS_TABLE: resources.parcelsTable,
      CHECKPOINTS_TABLE: resources.checkpointsTable,
      FAILURES_TABLE: resources.failuresTable,
      OPERATIONS_TABLE: resources.operationsTable,
    };
  };
  return {
    engines,
    env,
    run: async (args: readonly string[], options: RunOptions = {}) =>
      await runCommand(args, { ...options, env: { ...(await env()), ...options.env } }),
  };
}
