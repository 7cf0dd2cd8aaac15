#!/bin/sh
# Gives the data directory to the user redis and becomes Redis as that user. REDIS_PASSWORD sets a password.
set -e
if [ "$(id -u)" = 0 ]; then
  chown -R redis:redis /data
  exec su -s /bin/sh redis -c "exec /entrypoint.sh $*"
fi
[ -z "$REDIS_PASSWORD" ] || set -- "$@" --requirepass "$REDIS_PASSWORD"
exec redis-server --dir /data "$@"
