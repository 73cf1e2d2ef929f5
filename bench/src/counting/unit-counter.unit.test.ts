import { expect, test } from 'vitest';
import { noUnits, unitsOf } from './unit-counter.ts';

const once = { ...noUnits, requests: 1 };
const Keys = [{}, {}, {}];

test('a consistent read is one unit for each key, another one half', () => {
  expect(unitsOf('GetItem', { TableName: 'parcels', ConsistentRead: true })).toEqual([
    ['parcels', { ...once, readUnits: 1 }],
  ]);
  expect(unitsOf('GetItem', { TableName: 'parcels' })).toEqual([['parcels', { ...once, readUnits: 0.5 }]]);
  const RequestItems = { parcels: { Keys, ConsistentRead: true }, notifications: { Keys } };
  expect(unitsOf('BatchGetItem', { RequestItems })).toEqual([
    ['parcels', { ...once, readUnits: 3 }],
    ['notifications', { ...once, readUnits: 1.5 }],
  ]);
});

test('a write is one unit for each KiB, and what is neither is a request', () => {
  const write = { ...once, writes: 1 };
  const Item = { text: { S: 'x'.repeat(1_024) } };
  expect(unitsOf('PutItem', { TableName: 'it', Item })).toEqual([['it', { ...write, writeUnits: 2 }]]);
  expect(unitsOf('UpdateItem', { TableName: 'it' })).toEqual([['it', { ...write, writeUnits: 1 }]]);
  expect(unitsOf('DescribeTable', { TableName: 'it' })).toEqual([['it', once]]);
});
