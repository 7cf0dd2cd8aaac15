#!/bin/sh
# Healthy is PONG, not just an answer: a Redis that loads its data or refuses the password answers too.
answer=$(REDISCLI_AUTH=$REDIS_PASSWORD redis-cli ping 2>&1)
[ "$answer" = PONG ] && exit 0
echo "$answer"
exit 1
