#!/bin/sh
# The health check: asks the service over HTTP, as its users do, and says why when the answer is no.
wget -qO- "http://127.0.0.1:${PORT:-8080}${HEALTH_PATH:-/healthz}" 2>&1 && exit 0
cat /state/unhealthy 2>/dev/null
exit 1
