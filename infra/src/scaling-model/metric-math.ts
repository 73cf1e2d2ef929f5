/** One value per minute, the oldest first; undefined where there is no datapoint. */
export type Series = readonly (number | undefined)[];

/** All metrics over the same minutes. */
export type Metrics = Readonly<Record<string, Series>>;

/**
 * The result of arithmetic or a comparison between a number and a minute without a datapoint. AWS says that missing
 * values are treated as 0, but its example of `METRICS()*100` leaves open whether the result is then a datapoint.
 */
export type GapBesideNumber = 'stays a gap' | 'is 0';

type Operand = number | Series;
type Term = (metrics: Metrics) => Operand;
type Operator = (a: number, b: number) => number | undefined;

/**
 * Compiles an expression of CloudWatch's metric math, as far as the scaling policy uses it: numbers, names, arithmetic,
 * comparisons, `MAX([…])`, `IF` and `FILL`. Missing datapoints are treated as its page says:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function compile(expression: string, gap: GapBesideNumber): (metrics: Metrics) => Series {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|[<>=!]=|\S/g) ?? [];
  const refuse = (): never => {
    throw new Error(`metric math not understood at its end: ${tokens.slice(0, at + 1).join(' ')}`);
  };
  let at = 0;
  const skip = (token: string) => (tokens[at] === token ? ++at : refuse());

  function listUntil(end: string): Term[] {
    const items: Term[] = [];
    while (tokens[at] !== end) {
      if (items.length > 0) skip(',');
      items.push(comparison());
    }
    skip(end);
    return items;
  }

  function atom(): Term {
    const token = tokens[at++] ?? refuse();
    if (token === '(') return listUntil(')')[0] ?? refuse();
    if (token === '-') return negated(atom());
    if (/^\d/.test(token)) return () => Number(token);
    if (!/^\w/.test(token)) return refuse();
    if (tokens[at] !== '(') return (metrics) => seriesOf(metrics, token);
    skip('(');
    if (token === 'MAX') {
      skip('[');
      const items = listUntil(']');
      skip(')');
      return greatest(items);
    }
    const [first = refuse, second = refuse, third = refuse] = listUntil(')');
    if (token === 'FILL') return filled(first, second);
    if (token === 'IF') return chosen(first, second, third);
    return refuse();
  }

  function binary(operand: () => Term, operators: Readonly<Record<string, Operator>>): Term {
    let term = operand();
    for (let apply = operators[tokens[at] ?? '']; apply; apply = operators[tokens[at] ?? '']) {
      at++;
      term = both(apply, term, operand(), gap);
    }
    return term;
  }

  function product(): Term {
    return binary(atom, { '*': (a, b) => a * b, '/': (a, b) => (b === 0 ? undefined : a / b) });
  }

  function sum(): Term {
    return binary(product, { '+': (a, b) => a + b, '-': (a, b) => a - b });
  }

  function comparison(): Term {
    return binary(sum, {
      '>=': (a, b) => Number(a >= b),
      '<=': (a, b) => Number(a <= b),
      '>': (a, b) => Number(a > b),
      '<': (a, b) => Number(a < b),
    });
  }

  const term = comparison();
  if (at !== tokens.length) refuse();
  return (metrics) => series(term(metrics));
}

function seriesOf(metrics: Metrics, name: string): Series {
  const found = metrics[name];
  if (!found) throw new Error(`the metric ${name} is not given`);
  return found;
}

function series(operand: Operand): Series {
  if (typeof operand === 'number') throw new Error('CloudWatch requires a time series here, not a number');
  return operand;
}

function valueAt(operand: Operand, minute: number): number | undefined {
  return typeof operand === 'number' ? operand : operand[minute];
}

function negated(term: Term): Term {
  return (metrics) => {
    const operand = term(metrics);
    if (typeof operand === 'number') return -operand;
    return operand.map((value) => (value === undefined ? undefined : -value));
  };
}

/** The greatest of the values that are present. AWS does not say what happens at gaps. */
function greatest(items: readonly Term[]): Term {
  return (metrics) => {
    const all = items.map((item) => series(item(metrics)));
    return (all[0] ?? []).map((_, minute) => {
      let most: number | undefined;
      for (const each of all) {
        const value = each[minute];
        if (value !== undefined && (most === undefined || value > most)) most = value;
      }
      return most;
    });
  };
}

function filled(gappy: Term, filler: Term): Term {
  return (metrics) => {
    const by = filler(metrics);
    return series(gappy(metrics)).map((value, minute) => value ?? valueAt(by, minute));
  };
}

/** Where the condition holds and the series chosen by it has a gap, the result is 0. Where it does not hold, a gap stays a gap. */
function chosen(condition: Term, ifTrue: Term, ifFalse: Term): Term {
  return (metrics) => {
    const [yes, no] = [ifTrue(metrics), ifFalse(metrics)];
    return series(condition(metrics)).map((holds, minute) => {
      if (holds === undefined) return undefined;
      return holds === 0 ? valueAt(no, minute) : (valueAt(yes, minute) ?? 0);
    });
  };
}

/** Where one of two series has no datapoint, it counts as 0; where both have none, the result has none. */
function both(apply: Operator, left: Term, right: Term, gap: GapBesideNumber): Term {
  return (metrics) => {
    const [a, b] = [left(metrics), right(metrics)];
    const minutes = typeof a === 'number' ? b : a;
    if (typeof minutes === 'number') return apply(Number(a), minutes) ?? Number.NaN;
    const withNumber = typeof a === 'number' || typeof b === 'number';
    const gapsFilled = withNumber && gap === 'stays a gap' ? 0 : 1;
    return minutes.map((_, minute) => {
      const x = valueAt(a, minute);
      const y = valueAt(b, minute);
      const gaps = Number(x === undefined) + Number(y === undefined);
      return gaps > gapsFilled ? undefined : apply(x ?? 0, y ?? 0);
    });
  };
}
