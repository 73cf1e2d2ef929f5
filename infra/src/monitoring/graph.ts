import { GraphWidget, type IMetric, type YAxisProps } from 'aws-cdk-lib/aws-cloudwatch';

/** Columns of a dashboard. */
export const dashboardColumns = 24;

/** A graph over half the width of the dashboard, with axes that begin at zero. */
export function graph(title: string, left: readonly IMetric[], right: readonly IMetric[] = []): GraphWidget {
  const fromZero: YAxisProps = { min: 0, showUnits: false };
  return new GraphWidget({
    title,
    width: dashboardColumns / 2,
    height: 6,
    left: [...left],
    right: [...right],
    leftYAxis: fromZero,
    rightYAxis: fromZero,
  });
}
