import { expect, test } from 'vitest';
import { isOfThisMachine, standInVariables } from './stand-ins.ts';

const bytes = (count: number) => Buffer.alloc(count, 7);

test('what stands in for others is on this machine, and a shell keeps what it has', () => {
  const all = standInVariables({}, bytes);
  expect(all).toMatchObject({
    SCAN_API_URL: 'http://127.0.0.1:8082/v1/scans/scanevents',
    WEBHOOK_URL: 'http://127.0.0.1:8083/hooks/waybill',
    WAYBILL_URL: 'http://127.0.0.1:8081',
    API_HOST: '127.0.0.1',
  });
  expect(all['API_TOKENS']).not.toContain(all['WAYBILL_TOKEN']);
  const own = standInVariables({ SCAN_API_URL: 'https://carrier.example', WEBHOOK_URL: 'https://shop.example' }, bytes);
  expect(Object.keys(own)).toEqual(['API_TOKENS', 'API_HOST', 'WAYBILL_URL', 'WAYBILL_TOKEN']);
  expect(standInVariables({ ...own, SCAN_API_URL: 'x', WEBHOOK_URL: 'y' }, bytes)).toEqual({});
});

test('an engine elsewhere has none', () => {
  for (const url of ['http://127.0.0.1:4566', 'http://localhost:4566', 'http://[::1]:1'])
    expect(isOfThisMachine(url)).toBe(true);
  for (const url of ['http://localstack:4566', 'https://127.0.0.1.example']) expect(isOfThisMachine(url)).toBe(false);
});
