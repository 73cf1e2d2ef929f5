import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Resources } from '@waybill/provisioner/provision.ts';
import { nodeFlags } from '@waybill/shared/process/node-flags.ts';
import { z } from 'zod';
import { LastLines } from './last-lines.ts';
import { readSamples, type Samples } from './prometheus-text.ts';
import type { PortReport } from './tied-to-parent.ts';

export type ServiceName = 'poller' | 'processor' | 'notifier' | 'api';

export type Environment = Readonly<Record<string, string | undefined>>;

/** How a process ended: by itself with a code, or by a signal. */
export type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A response of a process's own HTTP endpoints. */
export type EndpointResponse = { readonly status: number; readonly text: string };

/** The body of `/readyz`. */
const readinessReport = z.object({ parts: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })) });

/** Lines of a process's log that are kept. */
const keptLines = 200;
/** Milliseconds between two requests to an endpoint that is waited for. */
const askEveryMs = 50;
/** Milliseconds that an endpoint may take: one that hangs must not make its caller hang. */
const responseLimitMs = 5_000;

const preload = new URL('./tied-to-parent.ts', import.meta.url).href;

/** The variables of a poller that uses these resources. */
export function pollerVariables(resources: Resources, scanApiUrl: string): Environment {
  return {
    SCAN_API_URL: scanApiUrl,
    SCAN_QUEUE_URL: resources.scanQueueUrl,
    CHECKPOINTS_TABLE: resources.checkpointsTable,
  };
}

/** The variables of a processor that uses these resources. It announces to nobody unless {@link announcing} is added. */
export function processorVariables(resources: Resources): Environment {
  return {
    SCAN_QUEUE_URL: resources.scanQueueUrl,
    PARCELS_TABLE: resources.parcelsTable,
    FAILURES_TABLE: resources.failuresTable,
    BATCHES_TABLE: resources.batchesTable,
  };
}

/** What makes a poller, a processor or a notifier say what it does. */
export function activityVariables({ activityTable }: Resources): Environment {
  return { ACTIVITY_TABLE: activityTable };
}

/** What makes a processor announce to the notifier of these resources. Hours: milestones may be so old, 0: of any age. */
export function announcing({ announcementQueueUrl }: Resources, maxAgeHours: number): Environment {
  return { ANNOUNCEMENT_QUEUE_URLS: announcementQueueUrl, ANNOUNCE_MAX_AGE_HOURS: String(maxAgeHours) };
}

/** The variables of a notifier that uses these resources, except for its webhook. */
export function notifierVariables(resources: Resources): Environment {
  return {
    NOTIFICATION_QUEUE_URL: resources.announcementQueueUrl,
    PARCELS_TABLE: resources.parcelsTable,
    NOTIFICATIONS_TABLE: resources.notificationsTable,
    FAILURES_TABLE: resources.failuresTable,
  };
}

/** How a receiver on this machine is reached, by a notifier as by an API. */
export function receiverVariables(url: string, secret: string): Environment {
  return { WEBHOOK_URL: url, WEBHOOK_SECRETS: secret, WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8' };
}

/** The variables of an API that uses these resources, except for its tokens and its port. */
export function apiVariables(resources: Resources): Environment {
  return {
    SCAN_QUEUE_URL: resources.scanQueueUrl,
    PARCELS_TABLE: resources.parcelsTable,
    CHECKPOINTS_TABLE: resources.checkpointsTable,
    FAILURES_TABLE: resources.failuresTable,
    BATCHES_TABLE: resources.batchesTable,
    OPERATIONS_TABLE: resources.operationsTable,
    NOTIFICATIONS_TABLE: resources.notificationsTable,
    ACTIVITY_TABLE: resources.activityTable,
  };
}

/**
 * A process of Waybill as production runs it, in a child process. It has a process group of its own, so that Ctrl-C in
 * a terminal reaches only the parent, which knows the order of a stop. It ends with its parent, however that ends.
 */
export class ServiceProcess {
  readonly name: ServiceName;
  /** Settles when the process has ended. */
  readonly ended: Promise<Ending>;
  /** Settles when the process ends without being asked to: with how, and its last log lines. Pending otherwise. */
  readonly failed: Promise<Error>;
  readonly #child: ChildProcess;
  readonly #log: LastLines;
  readonly #listening = Promise.withResolvers<number>();
  #isAskedToEnd = false;

  /**
   * @param env the whole environment of the process; HTTP_HOST and HTTP_PORT are set here, to a free port of 127.0.0.1. An
   * API needs an API_PORT other than 0: by its number it is told from the port of the endpoints
   * @param mostLines of its log that are kept, the last ones
   */
  constructor(name: ServiceName, env: Environment, mostLines = keptLines) {
    this.name = name;
    this.#log = new LastLines(mostLines);
    const entry = new URL(`../../../${name}/src/main.ts`, import.meta.url);
    this.#child = spawn(process.execPath, [...nodeFlags, '--import', preload, fileURLToPath(entry)], {
      detached: true,
      env: { ...env, HTTP_HOST: '127.0.0.1', HTTP_PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      output?.setEncoding('utf8').on('data', (chunk: string) => this.#log.add(chunk));
    }
    this.#child.on('message', ({ listeningOn }: PortReport) => {
      if (String(listeningOn) !== env['API_PORT']) this.#listening.resolve(listeningOn);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (cause) => {
        this.#log.add(`${cause.message}\n`);
        resolve({ code: null, signal: null });
      });
      // Not `exit`: only after `close` has everything been read that it wrote.
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.failed = new Promise((resolve) => {
      void this.ended.then((ending) => {
        const failure = failureOf(name, ending, this.lastLines(12));
        this.#listening.reject(failure);
        if (!this.#isAskedToEnd) resolve(failure);
      });
    });
    // A caller of `port()` sees the rejection; without one it must not count as unhandled.
    this.#listening.promise.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether the process has not ended yet. */
  get isRunning(): boolean {
    return this.pid !== 0 && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The last lines of its log, as it wrote them. */
  log(): readonly string[] {
    return this.#log.raw();
  }

  /** The last lines of its log, for a person. */
  lastLines(count: number): string[] {
    return this.#log.show().slice(-count);
  }

  /** The port of its HTTP endpoints, once it listens; rejects when it ends before. */
  port(): Promise<number> {
    return this.#listening.promise;
  }

  /**
   * Requests one of its endpoints. Rejects when there is no response; when the process has ended, with its last lines.
   */
  async ask(path: '/livez' | '/readyz' | '/metrics'): Promise<EndpointResponse> {
    if (!this.isRunning) throw failureOf(this.name, await this.ended, this.lastLines(12));
    const response = await fetch(`http://127.0.0.1:${await this.port()}${path}`, {
      signal: AbortSignal.timeout(responseLimitMs),
    });
    return { status: response.status, text: await response.text() };
  }

  /** Resolves once `/readyz` returns 200. Rejects when the process ends, or after the limit, with its last response. */
  async ready({ limitMs = 60_000, signal }: { limitMs?: number; signal?: AbortSignal } = {}): Promise<void> {
    const from = performance.now();
    let last = 'nothing';
    for (;;) {
      signal?.throwIfAborted();
      const response = await this.ask('/readyz').catch((error: unknown) => {
        if (!this.isRunning) throw error;
        return { status: 0, text: String(error) };
      });
      if (response.status === 200) return;
      last = response.text.trim();
      if (performance.now() - from > limitMs) {
        throw new Error(`The ${this.name} is not ready after ${limitMs / 1_000} s: ${last}`);
      }
      await delay(askEveryMs);
    }
  }

  /** Why the process is not ready, by `/readyz`; undefined when it is ready or does not respond. */
  async problem(): Promise<string | undefined> {
    const response = await this.ask('/readyz').catch(() => undefined);
    if (!response || response.status === 200) return undefined;
    const { parts } = readinessReport.parse(JSON.parse(response.text));
    const wrong = Object.entries(parts).filter(([, { ok }]) => !ok);
    return wrong.map(([name, { detail }]) => `${name}: ${detail}`).join('; ');
  }

  async metrics(): Promise<Samples> {
    return readSamples((await this.ask('/metrics')).text);
  }

  /** Sends a signal. A process that ends by it does not count as failed. */
  kill(signal: NodeJS.Signals): void {
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.#isAskedToEnd = true;
    if (this.isRunning) this.#child.kill(signal);
  }

  /** Asks for an orderly stop and waits for the end. May be called twice. */
  async stop(): Promise<Ending> {
    this.kill('SIGTERM');
    return await this.ended;
  }
}

function failureOf(name: ServiceName, ending: Ending, lines: readonly string[]): Error {
  const last = lines.length === 0 ? '' : ` Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  return new Error(`The ${name} ended ${inWords(ending)}.${last}`);
}

export function inWords({ code, signal }: Ending): string {
  return signal ? `by ${signal}` : `with exit code ${code ?? 'unknown'}`;
}
