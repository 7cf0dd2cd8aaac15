#!/bin/sh
# Answers one HTTP request on standard input: the health path tells the state, / says who is here, the rest is 404.
read -r _ path _
while read -r header && [ "$header" != "$(printf '\r')" ]; do :; done

answer() { # answer STATUS BODY
  printf 'HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s\n' "$1" $((${#2} + 1)) "$2"
}

case $path in
  "${HEALTH_PATH:-/healthz}")
    if [ -e /state/unhealthy ]; then
      reason=$(cat /state/unhealthy)
      answer '503 Service Unavailable' "${reason:-the unhealthy knob is turned}"
    else
      answer '200 OK' ok
    fi
    ;;
  /) answer '200 OK' "$SVC ${APP_VERSION:-$SVC_VERSION}" ;;
  *) answer '404 Not Found' "nothing at $path" ;;
esac
