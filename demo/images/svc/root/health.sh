#!/bin/sh
# The health check: asks the service over HTTP, as its users do, and says in one line what is wrong when the answer is no.
path=${HEALTH_PATH:-/healthz}
answer=$(wget -qO- "http://127.0.0.1:${PORT:-8080}$path" 2>&1)
status=$?
case $answer in
  *HTTP/1.1\ *) answer="${answer##*HTTP/1.1 } from $path: $(cat /state/unhealthy 2>/dev/null)" ;;
esac
printf '%s\n' "$answer"
exit "$status"
