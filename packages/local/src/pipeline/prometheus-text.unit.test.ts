import { expect, test } from 'vitest';
import { noSamples, readSamples } from './prometheus-text.ts';

const text = `# HELP waybill_feed_rejections_total elements
# TYPE waybill_feed_rejections_total counter
waybill_feed_rejections_total{reason="MISSING",otel_scope_name="waybill"} 2 1700000000000
waybill_feed_rejections_total{otel_scope_name="waybill",reason="A \\"b\\", c"} 3
waybill_feed_position 83269
`;

test('sums a metric, and tells its values apart by an attribute', () => {
  const samples = readSamples(text);
  expect(samples.sum('waybill_feed_position')).toBe(83_269);
  expect(samples.sum('waybill_feed_rejections_total')).toBe(5);
  expect(samples.by('waybill_feed_rejections_total', 'reason')).toEqual({ MISSING: 2, 'A \\"b\\", c': 3 });
  expect(samples.by('waybill_feed_rejections_total', 'name')).toEqual({});
});

test('what was not recorded yet is 0', () => {
  expect(noSamples.sum('waybill_feed_position')).toBe(0);
});
