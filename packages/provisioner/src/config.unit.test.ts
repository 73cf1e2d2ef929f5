import { helpText } from '@waybill/shared/process/program.ts';
import { describe, expect, test } from 'vitest';
import { program, readCommandLine } from './config.ts';

const engine = {
  AWS_REGION: 'us-east-1',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
};

describe('the provisioner', () => {
  test('goes to the engine that is named for both, or to each its own', () => {
    const both = { sqs: 'http://127.0.0.1:4566', dynamodb: 'http://127.0.0.1:4566' };
    expect(readCommandLine([], engine)).toMatchObject({ endpoints: both, prefix: '', fix: false, waitSeconds: 60 });
    const own = { ...engine, AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9324' };
    expect(readCommandLine(['--prefix', 'a-', '--fix', '--wait=5'], own)).toMatchObject({
      endpoints: { ...both, sqs: 'http://127.0.0.1:9324' },
      prefix: 'a-',
      fix: true,
      waitSeconds: 5,
    });
  });

  test('refuses to run against an account by default: no endpoint, one endpoint of two, or one of AWS itself', () => {
    const { AWS_ENDPOINT_URL: _, ...none } = engine;
    expect(() => readCommandLine([], none)).toThrow('AWS_ENDPOINT_URL_SQS (or AWS_ENDPOINT_URL) is required, or --aws');
    const half = { ...none, AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9324' };
    expect(() => readCommandLine([], half)).toThrow(/:\n {2}AWS_ENDPOINT_URL_DYNAMODB .* is required, or --aws$/);
    for (const url of [
      'https://sqs.eu-west-1.amazonaws.com',
      'https://sqs.eu-west-1.api.aws',
      'https://sqs.cn-north-1.amazonaws.com.cn',
    ]) {
      const named = { ...engine, AWS_ENDPOINT_URL_SQS: url };
      expect(() => readCommandLine([], named)).toThrow('AWS_ENDPOINT_URL_SQS is AWS itself: give --aws');
    }
  });

  test('runs against an account with the flag for it, and then accepts no endpoint', () => {
    const { AWS_REGION } = engine;
    expect(readCommandLine(['--aws'], { AWS_REGION })).toMatchObject({ endpoints: undefined, region: 'us-east-1' });
    expect(() => readCommandLine(['--aws'], engine)).toThrow('--aws: expected no AWS_ENDPOINT_URL variable set');
  });

  test('asks for the index of open parcels on an engine, where it costs nothing, and on AWS only if told to', () => {
    const aws = { AWS_REGION: 'us-east-1' };
    const asked = (args: readonly string[], env: Record<string, string>) => readCommandLine(args, env);
    expect(asked([], engine)).toMatchObject({ openIndex: true });
    expect(asked(['--open-index', 'off'], engine)).toMatchObject({ openIndex: false });
    expect(asked(['--aws'], aws)).toMatchObject({ openIndex: false });
    expect(asked(['--aws', '--open-index=on'], aws)).toMatchObject({ openIndex: true });
  });

  test('says everything that is wrong at once', () => {
    const wrong = () =>
      readCommandLine(
        ['--prefix', 'a b', '--wait', 'long', '--open-index', 'yes', '--fxi', '--fix=yes', 'now', '--prefix'],
        {
          AWS_ENDPOINT_URL_SQS: 'localhost',
        },
      );
    for (const problem of [
      'AWS_REGION is required',
      'AWS_ENDPOINT_URL_SQS expected an http(s) URL',
      'AWS_ENDPOINT_URL_DYNAMODB (or AWS_ENDPOINT_URL) is required',
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are required',
      '--wait expected a whole number 0–600, got "long"',
      '--open-index expected one of on, off, got "yes"',
      '--prefix expected a value',
      'got "--fxi"',
      '--fix expected no value',
      'expected flags only, got "now"',
    ]) {
      expect(wrong).toThrow(problem);
    }
  });

  test('explains itself in 80 columns', () => {
    expect(readCommandLine(['--help'], {})).toBe('help');
    expect(
      helpText(program)
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([]);
  });
});
