import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { recordedLog } from '../../test/recorded-log.ts';
import { WaybillError } from '../error.ts';
import { createLogger, logLevels } from './logger.ts';

/** What DynamoDB throws with the stored item in it. */
const awsError = new ConditionalCheckFailedException({
  message: 'The conditional request failed',
  $metadata: { requestId: 'r-1', httpStatusCode: 400 },
  Item: { parcelId: { N: '5002' }, runId: { S: 'PRIVATE' } },
});

describe('a line', () => {
  test('is JSON with level, time, process and what was said', () => {
    const { log, lines } = recordedLog();
    log.info({ eventIds: [1, 2], parcelId: 5002, outcome: 'merged' }, 'parcel written');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        service: 'test',
        pid: process.pid,
        eventIds: [1, 2],
        parcelId: 5002,
        outcome: 'merged',
        msg: 'parcel written',
      },
    ]);
  });

  test('stays one line, whatever text is in it', () => {
    const written: string[] = [];
    const log = createLogger(
      { service: 'test', level: 'info', pretty: false },
      { write: (line) => void written.push(line) },
    );
    log.info({ type: 'PICK\nUP\u2028\ud800"' }, 'a\nb');
    expect(written).toEqual([expect.stringMatching(/^[^\n]+\n$/)]);
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ type: 'PICK\nUP\u2028\ud800"', msg: 'a\nb' });
  });

  test.for(logLevels)('less severe than %s is not written at that level', (level) => {
    const written: string[] = [];
    const log = createLogger({ service: 'test', level, pretty: false }, { write: (line) => void written.push(line) });
    for (const each of logLevels) if (each !== 'silent') log[each](each);
    expect(written.map((line) => JSON.parse(line).level)).toEqual(
      logLevels.slice(logLevels.indexOf(level)).filter((each) => each !== 'silent'),
    );
  });
});

describe('an error', () => {
  test('is logged by name, message, code and stack, without the item that AWS put in it', () => {
    const { log, lines } = recordedLog();
    log.error({ err: awsError }, 'write failed');
    log.error(awsError);
    log.error(awsError, 'write failed');
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line['err']).toEqual({
        message: 'ConditionalCheckFailedException: The conditional request failed',
        status: 400,
        requestId: 'r-1',
        stack: expect.stringContaining('logger.unit.test.ts'),
      });
      expect(JSON.stringify(line)).not.toContain('PRIVATE');
    }
  });

  test('of Waybill’s own carries its code, and neither its details nor its cause’s item', () => {
    const { log, lines } = recordedLog();
    const error = new WaybillError('STORE_REJECTED', 'the store refused parcel 5002', {
      cause: awsError,
      details: { item: 'PRIVATE' },
    });
    log.error({ err: error, parcelId: 5002 }, 'failed');
    expect(lines[0]).toMatchObject({
      parcelId: 5002,
      err: { code: 'STORE_REJECTED', message: 'STORE_REJECTED: the store refused parcel 5002' },
    });
    expect(JSON.stringify(lines[0])).not.toContain('PRIVATE');
  });

  test.for([
    ['text', 'lost', 'lost'],
    ['undefined', undefined, undefined],
    ['an object', { Item: 'PRIVATE' }, '[object Object]'],
    ['several at once', new AggregateError([new Error('a'), new TypeError('b')], 'both'), 'Error: a; TypeError: b'],
    ['one without words', Object.assign(new RangeError('none'), { message: '' }), 'RangeError'],
  ] as const)('that is %s does not break the line', ([, thrown, message]) => {
    const { log, lines } = recordedLog();
    log.error({ err: thrown }, 'failed');
    expect(lines[0]).toMatchObject({ msg: 'failed', ...(message && { err: { message } }) });
    expect(JSON.stringify(lines[0])).not.toContain('PRIVATE');
  });
});

describe('the stack', () => {
  const logged = (level: 'info' | 'debug', err: unknown) => {
    const written: string[] = [];
    const log = createLogger({ service: 'test', level, pretty: false }, { write: (line) => void written.push(line) });
    log.warn({ err }, 'failed');
    return JSON.parse(written[0] ?? '').err;
  };
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  });
  const expected = [
    ['an answer of AWS', awsError],
    ['the network', refused],
    ['the network, of each address', new AggregateError([refused, refused], 'both')],
    ['a time limit', Object.assign(new Error('too late'), { name: 'TimeoutError' })],
    ['Waybill', new WaybillError('FEED_UNAVAILABLE', 'status 429')],
  ] as const;

  test.for(expected)('of an error of %s is left out', ([, error]) => {
    expect(logged('info', error)).toEqual({ ...logged('debug', error), stack: undefined });
    expect(logged('debug', error).stack).toContain('logger.unit.test.ts');
  });

  test('of an error that nobody expects is there, without the message in it', () => {
    const { stack, message } = logged('info', new TypeError('x is not a function\nat PRIVATE'));
    expect(message).toBe('TypeError: x is not a function');
    expect(stack).toMatch(/^ {4}at .*logger\.unit\.test\.ts/);
    expect(stack).not.toContain('PRIVATE');
  });
});

describe('standard output', () => {
  const run = promisify(execFile);
  const logger = new URL('./logger.ts', import.meta.url).href;
  const program = (pretty: boolean) =>
    `const { createLogger } = await import(${JSON.stringify(logger)});
     createLogger({ service: 'poller', level: 'info', pretty: ${pretty} }).fatal({ parcelId: 5002 }, 'the last words');
     process.exit(1);`;
  const outputOf = async (pretty: boolean): Promise<string> => {
    const ended: unknown = await run(process.execPath, ['--input-type=module', '-e', program(pretty)]).catch(
      (error) => error,
    );
    return ended instanceof Error && 'stdout' in ended ? String(ended.stdout) : '';
  };

  test('has the last line before an exit', async () => {
    expect(JSON.parse(await outputOf(false))).toMatchObject({ level: 'fatal', parcelId: 5002, msg: 'the last words' });
  });

  test('is for people where a terminal reads it, the last line before an exit included', async () => {
    const output = await outputOf(true);
    expect(output).toMatch(/^[^\n]*FATAL.*the last words.*parcelId.*5002[^\n]*\n$/);
    expect(() => JSON.parse(output)).toThrow();
  });
});
