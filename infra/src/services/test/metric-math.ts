/** What CloudWatch has of one minute, by metric; a metric without a datapoint is undefined. */
export type Values = Readonly<Record<string, number | undefined>>;

type Term = (values: Values) => number | undefined;

/**
 * Reads an expression of CloudWatch's metric math, as far as the scaling policy uses it: numbers, names, arithmetic,
 * comparisons, `MAX([…])`, `IF` and `FILL`. What is made of a missing datapoint is missing, but for `FILL` (CloudWatch
 * user guide, "Using metric math").
 */
export function compile(expression: string): Term {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|[<>=!]=|\S/g) ?? [];
  const refuse = (): never => {
    throw new Error(`not understood at its end: ${tokens.slice(0, at + 1).join(' ')}`);
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
    if (/^\d/.test(token)) return () => Number(token);
    if (!/^\w/.test(token)) return refuse();
    if (tokens[at] !== '(') return (values) => datapointOf(values, token);
    skip('(');
    if (token === 'MAX') {
      skip('[');
      const items = listUntil(']');
      skip(')');
      return greatest(items);
    }
    const [first = refuse, second = refuse, third = refuse] = listUntil(')');
    if (token === 'FILL') return (values) => first(values) ?? second(values);
    if (token === 'IF')
      return (values) =>
        chosen(
          first(values),
          () => second(values),
          () => third(values),
        );
    return refuse();
  }

  function binary(operand: () => Term, operators: Readonly<Record<string, (a: number, b: number) => number>>): Term {
    let term = operand();
    for (let apply = operators[tokens[at] ?? '']; apply; apply = operators[tokens[at] ?? '']) {
      at++;
      term = both(apply, term, operand());
    }
    return term;
  }

  function product(): Term {
    return binary(atom, { '*': (a, b) => a * b, '/': (a, b) => a / b });
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
  return at === tokens.length ? term : refuse();
}

function datapointOf(values: Values, name: string): number | undefined {
  if (!(name in values)) throw new Error(`there is no metric ${name}`);
  return values[name];
}

function greatest(items: readonly Term[]): Term {
  return (values) => {
    const present = items.map((item) => item(values)).filter((value) => value !== undefined);
    return present.length === 0 ? undefined : Math.max(...present);
  };
}

function chosen(condition: number | undefined, met: () => number | undefined, otherwise: () => number | undefined) {
  if (condition === undefined) return undefined;
  return condition === 0 ? otherwise() : met();
}

function both(apply: (a: number, b: number) => number, left: Term, right: Term): Term {
  return (values) => {
    const [a, b] = [left(values), right(values)];
    return a === undefined || b === undefined ? undefined : apply(a, b);
  };
}
