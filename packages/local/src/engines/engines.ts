import { type ChildProcess, fork } from 'node:child_process';
import { strayVariables } from '@waybill/shared/process/shell-variables.ts';
import type { EngineOrder, EngineReport } from './engine-process.ts';
import type { Throttling } from './throttling.ts';

/** Milliseconds that an engine may take to start, and to stop. Both take well under a second on an idle machine. */
const startLimitMs = 30_000;
const stopLimitMs = 5_000;

/** SQS (fauxqs) and DynamoDB (dynalite), each in a child process, in memory, on a free port of 127.0.0.1. */
export type Engines = {
  readonly sqsEndpoint: string;
  readonly dynamodbEndpoint: string;
  /** The variables with which a process (or a shell) reaches the engines through an ordinary AWS SDK. */
  readonly env: Readonly<Record<string, string>>;
  readonly pids: readonly number[];
  /** Settles with the reason when an engine ends by itself. Stays pending after {@link stop} and {@link keep}. */
  readonly failed: Promise<Error>;
  /** DynamoDB refuses a share of a table's writes from now on; undefined: it refuses none any more. */
  throttle(throttling: Throttling | undefined): Promise<void>;
  /** Ends both. May be called twice; does nothing after {@link keep}. */
  stop(): Promise<void>;
  /** Lets both outlive this process. From then on only `kill <pid>` ends them. */
  keep(): Promise<void>;
};

/**
 * Starts both engines and waits until they listen. Unless kept, they end with this process, however it ends.
 *
 * @throws when an engine does not start within 30 s, or `signal` aborts first; then nothing is left running
 */
export async function startEngines({ signal }: { signal?: AbortSignal } = {}): Promise<Engines> {
  const sqs = new Engine('SQS engine', new URL('./sqs-engine.ts', import.meta.url));
  const dynamodb = new Engine('DynamoDB engine', new URL('./dynamodb-engine.ts', import.meta.url));
  const both = [sqs, dynamodb];
  const stop = async () => void (await Promise.all(both.map((engine) => engine.stop())));
  try {
    const [sqsPort, dynamodbPort] = await Promise.all([sqs.started(signal), dynamodb.started(signal)]);
    const sqsEndpoint = `http://127.0.0.1:${sqsPort}`;
    const dynamodbEndpoint = `http://127.0.0.1:${dynamodbPort}`;
    return {
      sqsEndpoint,
      dynamodbEndpoint,
      env: environmentFor(sqsEndpoint, dynamodbEndpoint),
      pids: both.map((engine) => engine.pid),
      failed: Promise.race(both.map((engine) => engine.failed)),
      throttle: (throttling) => dynamodb.throttle(throttling),
      stop,
      keep: async () => void (await Promise.all(both.map((engine) => engine.keep()))),
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

function environmentFor(sqsEndpoint: string, dynamodbEndpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_SQS: sqsEndpoint,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbEndpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    // A developer's own settings must not lead a local run to a real account: a profile outranks the keys above, and
    // the last variable would make the SDK ignore the endpoints. Empty: the SDK reads that as none; a shell has to unset it.
    ...Object.fromEntries(Object.keys(strayVariables).map((name) => [name, ''])),
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false',
  };
}

class Engine {
  /** Settles when the child ends without being stopped or kept. */
  readonly failed: Promise<Error>;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<Error>;
  #left = false;

  constructor(name: string, entry: URL) {
    const child = fork(entry, {
      // A process group of its own: Ctrl-C goes to the group of `npm start`, and a kept engine must outlive it.
      detached: true,
      // Not inherited: a kept engine would hold the terminal or pipe open for ever.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Flags of a test runner or profiler are for the parent only.
      execArgv: [],
    });
    this.#name = name;
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      let reason = '';
      child.on('message', (report: EngineReport) => {
        if ('failed' in report) reason = `: ${report.failed}`;
      });
      child.once('error', (cause) =>
        resolve(new Error(`The ${name} could not be started: ${cause.message}`, { cause })),
      );
      child.once('exit', (code, signal) =>
        resolve(new Error(`The ${name} ended by itself with ${signal ?? `exit code ${code}`}${reason}`)),
      );
    });
    this.failed = new Promise((resolve) => {
      void this.#ended.then((failure) => {
        if (!this.#left) resolve(failure);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The port, once the engine listens on it. */
  started(signal: AbortSignal | undefined): Promise<number> {
    return this.#reported((report) => ('port' in report ? report.port : undefined), startLimitMs, signal);
  }

  async throttle(throttling: Throttling | undefined): Promise<void> {
    const taken = this.#reported((report) => ('throttles' in report ? true : undefined), stopLimitMs);
    this.#order({ throttle: throttling });
    await taken;
  }

  async stop(): Promise<void> {
    // A kept engine is not stopped.
    if (this.#left && !this.#child.connected) return;
    this.#left = true;
    this.#order('stop');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), stopLimitMs);
    await this.#ended;
    clearTimeout(late);
  }

  async keep(): Promise<void> {
    if (this.#left) return;
    const kept = this.#reported((report) => ('kept' in report ? report.kept : undefined), stopLimitMs);
    this.#order('keep');
    await kept;
    this.#left = true;
    this.#child.disconnect();
    this.#child.unref();
  }

  #order(order: EngineOrder): void {
    // A child that is already gone needs no order; #ended knows.
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  #reported<T>(pick: (report: EngineReport) => T | undefined, limitMs: number, signal?: AbortSignal): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const listen = (report: EngineReport) => {
      const picked = pick(report);
      if (picked !== undefined) resolve(picked);
    };
    const abort = () => reject(signal?.reason);
    const late = setTimeout(() => reject(new Error(`The ${this.#name} did not answer within ${limitMs} ms`)), limitMs);
    this.#child.on('message', listen);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    void this.#ended.then(reject);
    return promise.finally(() => {
      clearTimeout(late);
      this.#child.off('message', listen);
      signal?.removeEventListener('abort', abort);
    });
  }
}
