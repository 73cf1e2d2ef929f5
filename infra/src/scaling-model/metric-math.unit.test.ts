import { describe, expect, it } from 'vitest';
import { compile, type GapBesideNumber, type Metrics } from './metric-math.ts';

const none = undefined;

function evaluate(expression: string, metrics: Metrics, gap: GapBesideNumber = 'stays a gap') {
  return compile(expression, gap)(metrics);
}

// The tables of "Using math expressions with CloudWatch metrics", CloudWatch user guide.
describe('metric math gives what the page of AWS shows', () => {
  it('where series are compared: a gap in one of them counts as 0', () => {
    const metrics = { metric1: [30, 20, 0, 0], metric2: [20, none, 20, none] };
    expect(evaluate('metric1 < metric2', metrics)).toEqual([0, 0, 1, 0]);
    expect(evaluate('metric1 >= 30', metrics)).toEqual([1, 0, 0, 0]);
  });

  it('where IF chooses between series: a gap in the first is 0, in the second or the condition no datapoint', () => {
    const metrics = { metric1: [1, 1, 0, 0, none], metric2: [30, none, 0, 0, 30], metric3: [0, 0, 20, none, 20] };
    expect(evaluate('IF(metric1, metric2, metric3)', metrics)).toEqual([30, 0, 20, none, none]);
    expect(evaluate('IF(metric1, 5, metric3)', metrics)).toEqual([5, 5, 20, none, none]);
    expect(evaluate('IF(metric1, metric2, 5)', metrics)).toEqual([30, 0, 5, 5, none]);
  });

  it('where it calculates: a gap is 0, and a division by zero gives no datapoint', () => {
    const metrics = { a: [6, none, 6, 6, none], b: [2, 2, none, 0, none] };
    expect(evaluate('a - b', metrics)).toEqual([4, -2, 6, 6, none]);
    expect(evaluate('a / b', metrics)).toEqual([3, 0, none, none, none]);
  });

  it('where it fills: the newest minutes too', () => {
    expect(evaluate('FILL(a, 0)', { a: [none, 2, none] })).toEqual([0, 2, 0]);
    expect(evaluate('FILL(a, -1) >= 0', { a: [none, 2, none] })).toEqual([0, 1, 0]);
  });
});

it('a gap beside a number, which AWS leaves open, is read in either way', () => {
  expect(evaluate('a * 2 + 1', { a: [1, none] }, 'stays a gap')).toEqual([3, none]);
  expect(evaluate('a * 2 + 1', { a: [1, none] }, 'is 0')).toEqual([3, 1]);
});
