import { helpText } from '@waybill/shared/process/program.ts';
import { describe, expect, test } from 'vitest';
import { program, readCommandLine } from './config.ts';

const read = (...args: string[]) => readCommandLine(args, {}, 42);
const kept = { historyEvents: 32, retentionDays: 0 };
const readWith = (env: Record<string, string>, ...args: string[]) => readCommandLine(args, env, 42);

/** What is said of a wrong command line, a line each. */
function complaints(...args: string[]): string[] {
  try {
    read(...args);
  } catch (error) {
    return String(error).split('\n').slice(1);
  }
  return [];
}

describe('the command line of npm start', () => {
  test('without flags: a simulated feed of the default size with a seed of its own', () => {
    expect(read()).toEqual({ seed: 42, events: 20_000, live: false, keep: false, scanApi: undefined, kept });
  });

  test('with flags, the last of a kind winning', () => {
    expect(read('--events', '7', '--seed=9', '--live', '--keep', '--events', '8')).toEqual({
      seed: 9,
      events: 8,
      live: true,
      keep: true,
      scanApi: undefined,
      kept,
    });
  });

  test('takes from the environment what the processor is told to keep, by which parcels are compared', () => {
    expect(readWith({ HISTORY_EVENTS: '2', PARCEL_RETENTION_DAYS: '5' })).toMatchObject({
      kept: { historyEvents: 2, retentionDays: 5 },
    });
    expect(() => readWith({ HISTORY_EVENTS: '101', PARCEL_RETENTION_DAYS: 'x' })).toThrow(
      /HISTORY_EVENTS expected .*, got "101"\n.*PARCEL_RETENTION_DAYS expected .*, got "x"/,
    );
  });

  test('takes the token and the first id from the environment, for a real API only', () => {
    const env = { SCAN_API_TOKEN: 'secret', FIRST_EVENT_ID: '83269' };
    expect(readWith(env, '--scan-api-url', 'https://carrier.example/v1')).toMatchObject({
      scanApi: { url: 'https://carrier.example/v1', token: 'secret', firstEventId: 83_269 },
    });
    expect(readWith({ FIRST_EVENT_ID: 'nonsense' })).toMatchObject({ scanApi: undefined });
    expect(() => readWith({ FIRST_EVENT_ID: 'nonsense' }, '--scan-api-url', 'https://carrier.example')).toThrow(
      'FIRST_EVENT_ID expected a whole number ≥ 1, got "nonsense"',
    );
  });

  test('asks for help before it complains, in lines that a terminal of 80 columns shows', () => {
    expect(read('--help', '--nonsense')).toBe('help');
    expect(
      Math.max(
        ...helpText(program)
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80);
  });

  test.each([
    [['--events', '0'], '  --events expected a whole number 1–5,000,000, got "0"'],
    [['--events', '1.5'], '  --events expected a whole number 1–5,000,000, got "1.5"'],
    [['--events'], '  --events expected a value, got none'],
    [['--events='], '  --events expected a value, got none'],
    [['--seed', '--live'], '  --seed expected a value, got "--live"'],
    [['--seed', '4294967296'], '  --seed expected a whole number 0–4,294,967,295, got "4294967296"'],
    [['--live=yes'], '  --live expected no value, got "yes"'],
    [['--scan-api-url', 'ftp://x'], '  --scan-api-url expected an http(s) URL without user or password, got "ftp://x"'],
    [['--scan-api-url', 'http://x', '--seed', '1'], /--seed is for the simulated feed/],
    [['500'], /expected flags only, got "500" .*npm start -- --help/],
    [['--sed', '1'], /expected one of --events, .*--help, got "--sed"/],
    [['-x'], /got "-x"/],
  ])('%j is refused with what was expected and what came', (args, complaint) => {
    expect(complaints(...args)[0]).toMatch(complaint);
  });

  test('shows all that is wrong at once', () => {
    expect(complaints('--events', 'x', '--seed', 'y', '--nonsense')).toHaveLength(3);
  });
});
