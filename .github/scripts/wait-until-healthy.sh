#!/usr/bin/env bash
# Waits until none of an environment's alarms has been in ALARM for a while; fails when there is still one at the end. They are
# named, 100 at most (DescribeAlarms), because `waybill-prod-` is also the beginning of what an environment `prod-eu` has.
#   wait-until-healthy.sh ENVIRONMENT ALARM…
# Seconds: QUIET_SECONDS without an alarm are enough, LIMIT_SECONDS are the longest wait, EVERY_SECONDS lie between two looks.
set -euo pipefail

environment=$1
shift
quiet=${QUIET_SECONDS:-300} limit=${LIMIT_SECONDS:-1500} every=${EVERY_SECONDS:-15}
began=$SECONDS last_alarm=$SECONDS

# A name that is wrong would have no alarm in ALARM either.
known=0
if [ $# -gt 0 ]; then
  known=$(aws cloudwatch describe-alarms --alarm-names "$@" --query 'MetricAlarms[].AlarmName' --output text | wc -w)
fi
if [ "$known" -eq 0 ]; then
  echo "::error::There is none of $# alarms: nothing would say that $environment is not healthy."
  exit 1
fi
until [ $((SECONDS - last_alarm)) -ge "$quiet" ]; do
  if [ $((SECONDS - began)) -ge "$limit" ]; then
    echo "::error::$environment is not healthy after $limit s. In ALARM: ${alarms:-none for $((SECONDS - last_alarm)) s, which is not long enough}"
    exit 1
  fi
  sleep "$every"
  alarms=$(aws cloudwatch describe-alarms --alarm-names "$@" --state-value ALARM \
    --query 'MetricAlarms[].AlarmName' --output text)
  if [ -n "$alarms" ]; then
    last_alarm=$SECONDS
    echo "in ALARM: $alarms"
  fi
done
echo "$environment is healthy: of $known alarms none was in ALARM for $quiet s"
