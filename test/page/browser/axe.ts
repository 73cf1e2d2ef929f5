import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/**
 * What axe finds wrong with a page, a line for each rule with the elements that break it.
 *
 * @param rules all of axe's unless given
 */
export async function violationsOf(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules ? axe.withRules([...rules]) : axe).analyze();
  return violations.map(({ id, help, nodes }) => {
    const [first] = nodes;
    return `${id}: ${help}: ${nodes.length} times, first ${first?.html}: ${first?.failureSummary}`;
  });
}
