#!/usr/bin/env bash
# Asks a running Lumi process whether its Redis works: exit 0 and the answer, else exit 1 and the reason.
#   scripts/smoke_redis.sh http://127.0.0.1:8000
set -euo pipefail

if [ $# -ne 1 ]; then
  echo "usage: scripts/smoke_redis.sh URL    (of lumi-ingress, lumi-admin or lumi serve)" >&2
  exit 2
fi

url=${1%/}
case "$url" in
  */healthz) ;;
  *) url=$url/healthz ;;
esac

if ! answer=$(curl --silent --show-error --fail --max-time 5 "$url" 2>&1); then
  echo "no answer from $url: $answer" >&2
  exit 1
fi

# redis: true works, false does not, null (or absent) means that the process does not use it.
python3 - "$answer" <<'PY'
import json
import sys

try:
    health = json.loads(sys.argv[1])
    redis = health.get("redis")
except (ValueError, AttributeError):
    sys.exit(f"the answer is not a health report: {sys.argv[1][:200]}")
if redis is None:
    sys.exit("this process does not use Redis (REDIS_URL is not set)")
if redis is not True:
    sys.exit(f"Redis is not healthy: {sys.argv[1]}")
print(sys.argv[1])
PY
