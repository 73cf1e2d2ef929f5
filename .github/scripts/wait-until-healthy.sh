#!/usr/bin/env bash
# Waits until no alarm of an environment has been in ALARM for a while; fails when there is still one at the end.
#   wait-until-healthy.sh ENVIRONMENT
# Seconds: QUIET_SECONDS without an alarm are enough, LIMIT_SECONDS are the longest wait, EVERY_SECONDS lie between two looks.
set -euo pipefail

prefix="waybill-$1-"
quiet=${QUIET_SECONDS:-300} limit=${LIMIT_SECONDS:-1500} every=${EVERY_SECONDS:-15}
began=$SECONDS last_alarm=$SECONDS

# A name that is wrong would have no alarm in ALARM either.
known=$(aws cloudwatch describe-alarms --alarm-name-prefix "$prefix" --query 'length(MetricAlarms)' --output text)
if [ "$known" -eq 0 ]; then
  echo "::error::No alarm begins with $prefix: nothing would say that $1 is not healthy."
  exit 1
fi
until [ $((SECONDS - last_alarm)) -ge "$quiet" ]; do
  if [ $((SECONDS - began)) -ge "$limit" ]; then
    echo "::error::$1 is not healthy after $limit s. In ALARM: ${alarms:-none for $((SECONDS - last_alarm)) s, which is not long enough}"
    exit 1
  fi
  sleep "$every"
  alarms=$(aws cloudwatch describe-alarms --alarm-name-prefix "$prefix" --state-value ALARM \
    --query 'MetricAlarms[].AlarmName' --output text)
  if [ -n "$alarms" ]; then
    last_alarm=$SECONDS
    echo "in ALARM: $alarms"
  fi
done
echo "$1 is healthy: of $known alarms none was in ALARM for $quiet s"
