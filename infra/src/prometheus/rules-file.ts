import { withoutEquivalent } from './equivalents.ts';
import { duration } from './expression.ts';
import { alertName, type Rule } from './rules.ts';

/** The file of alert rules for Prometheus, YAML. A string of JSON is one of YAML. */
export function rulesFile(rules: readonly Rule[], runbookUrl: string): string {
  return [
    '# Alert rules of Waybill for Prometheus, one for each alarm on CloudWatch (docs/monitoring.md).',
    '# Made from packages/shared/src/alarms and the alarms of the CDK app; a test fails when they differ.',
    '# Make it anew: npm run test:unit -- infra/src/prometheus -u',
    ...Object.entries(withoutEquivalent).map(([section, reason]) => `# No rule: ${section} ${reason}.`),
    'groups:',
    '  - name: waybill',
    '    rules:',
    ...rules.flatMap((rule) => [
      ...(rule.differs === undefined ? [] : [`      # ${rule.differs}`]),
      `      - alert: ${alertName(rule)}`,
      '        expr: |-',
      `          ${rule.expr}`,
      ...(rule.forSeconds > 0 ? [`        for: ${duration(rule.forSeconds)}`] : []),
      '        labels:',
      `          severity: ${rule.severity}`,
      '          product: waybill',
      '        annotations:',
      `          summary: ${JSON.stringify(`Waybill: ${rule.section}`)}`,
      `          description: ${JSON.stringify(rule.impact)}`,
      `          runbook_url: ${JSON.stringify(`${runbookUrl}#${rule.section}`)}`,
    ]),
    '',
  ].join('\n');
}
