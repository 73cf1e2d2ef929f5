import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { type ProcessHandle, runUntilSignal, type Service } from '../src/process/lifecycle.ts';
import { recordedLog } from './recorded-log.ts';

/** A service to be tried, over dependencies of the test's own. */
export type ServiceOnTrial = {
  readonly service: Service;
  /** How often its work has begun. */
  readonly begun: () => number;
  /** Resolves when the work is under way, so that a stop meets it there. At once where that cannot be told. */
  readonly atWork: () => Promise<void>;
  /** Makes what it cannot do without fail for good; called before the start. */
  readonly fail: () => void;
  /** From now on something it waits for never answers, not even during a stop. */
  readonly hang: () => void;
};

/**
 * The behaviour that every process of Waybill shares, whatever its work: started once, stopped at any time and any
 * number of times, exit code 0 after a clean stop, 1 after a failure and after a stop that took too long.
 */
export function describeService(name: string, makeService: () => ServiceOnTrial): void {
  describe(`${name}, as a service`, () => {
    test('runs until it is stopped', async () => {
      const { service, atWork } = makeService();
      service.start();
      await atWork();
      expect(await hasEnded(service)).toBe(false);
      await service.stop();
      expect(await hasEnded(service)).toBe(true);
    });

    test('begins its work once, however often it is started', async () => {
      const { service, atWork, begun } = makeService();
      service.start();
      service.start();
      await atWork();
      service.start();
      expect(begun()).toBe(1);
      await service.stop();
    });

    test('can be stopped twice, at once or one after the other', async () => {
      const { service, atWork } = makeService();
      service.start();
      await atWork();
      await Promise.all([service.stop(), service.stop()]);
      await service.stop();
      await expect(service.ended).resolves.toBe(undefined);
    });

    test('can be stopped before it was started, and then does not begin', async () => {
      const { service, begun } = makeService();
      await service.stop();
      service.start();
      await expect(service.ended).resolves.toBe(undefined);
      expect(begun()).toBe(0);
    });

    test('can be stopped while it is starting', async () => {
      const { service } = makeService();
      service.start();
      await service.stop();
      await expect(service.ended).resolves.toBe(undefined);
    });

    test('does not begin again after a stop', async () => {
      const { service, atWork, begun } = makeService();
      service.start();
      await atWork();
      await service.stop();
      service.start();
      expect(begun()).toBe(1);
      expect(await hasEnded(service)).toBe(true);
    });
  });

  describe(`${name}, as a process`, () => {
    test.for(['SIGTERM', 'SIGINT'] as const)('exits with 0 after %s, once everything is closed', async (signal) => {
      const { service, atWork } = makeService();
      const run = asProcess(service);
      await atWork();
      run.process.emit(signal, signal);
      expect(await run.exitCode).toBe(0);
      expect(run.closed()).toBe(1);
    });

    test('exits with 0 when the signal comes while it is starting', async () => {
      const { service } = makeService();
      const run = asProcess(service);
      run.process.emit('SIGTERM', 'SIGTERM');
      expect(await run.exitCode).toBe(0);
    });

    test('takes a second signal for the same stop', async () => {
      const { service, atWork } = makeService();
      const run = asProcess(service);
      await atWork();
      run.process.emit('SIGINT', 'SIGINT');
      run.process.emit('SIGTERM', 'SIGTERM');
      expect(await run.exitCode).toBe(0);
      expect(run.closed()).toBe(1);
    });

    test('exits with 1 when a stop takes too long, and says so', async () => {
      const { service, atWork, hang } = makeService();
      const run = asProcess(service, 50);
      await atWork();
      hang();
      run.process.emit('SIGTERM', 'SIGTERM');
      expect(await run.exitCode).toBe(1);
      expect(run.fatal()).toEqual([
        expect.objectContaining({ err: expect.objectContaining({ code: 'STOP_TIMED_OUT' }) }),
      ]);
    });

    test('leaves no signal handler behind', async () => {
      const { service } = makeService();
      const run = asProcess(service);
      run.process.emit('SIGTERM', 'SIGTERM');
      await run.exitCode;
      expect(run.process.eventNames()).toEqual([]);
    });

    test('exits with 1 when it fails, says why, and closes all the same', async () => {
      const { service, fail } = makeService();
      fail();
      const run = asProcess(service);
      expect(await run.exitCode).toBe(1);
      expect(run.fatal()).toHaveLength(1);
      expect(run.closed()).toBe(1);
    });
  });
}

/** The service as a process whose signals are the test's and whose exit is recorded instead of made. */
export function asProcess(
  service: Service,
  stopTimeoutMs = 20_000,
  close: () => Promise<void> = async () => {},
  now?: () => number,
  unread?: AbortSignal,
) {
  const emitter = new EventEmitter();
  const { promise: exitCode, resolve } = Promise.withResolvers<number>();
  // What is called of a process, and nothing else, is an event emitter's; its type alone names signals one by one.
  const process = Object.assign(emitter as unknown as Omit<ProcessHandle, 'exit'> & EventEmitter, { exit: resolve });
  const { log, lines } = recordedLog();
  let closed = 0;
  const closing = () => {
    closed += 1;
    return close();
  };
  void runUntilSignal(service, {
    log,
    stopTimeoutMs,
    close: closing,
    process,
    ...(now && { now }),
    ...(unread && { unread }),
  });
  return {
    process,
    exitCode,
    closed: () => closed,
    lines,
    fatal: () => lines.filter((line) => line['level'] === 'fatal'),
  };
}

async function hasEnded(service: Service): Promise<boolean> {
  const turn = new Promise<false>((resolve) => setImmediate(resolve, false));
  return await Promise.race([service.ended.then(() => true), turn]);
}
