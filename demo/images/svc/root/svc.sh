#!/bin/sh
# Plays one service: answers HTTP on $PORT, writes the log lines of /lines/$SVC.txt, and breaks when told to.
#
# Knobs are files in /state; each may hold the reason to log. `docker exec C touch /state/unhealthy` turns one:
#   unhealthy  the health check answers 503              a restart cures it
#   hang       TERM is ignored, a stop takes 10 seconds  a restart cures it
#   crash      exits with $CRASH_CODE (default 1)        survives a restart: a crash loop
#   oom        takes memory until the kernel kills it    survives a restart: a crash loop with exit code 137
# The environment turns one after every start: KNOB=name, KNOB_AFTER=seconds, KNOB_REASON=text, KNOB_ONCE=1 (once per /state volume).
# NEEDS_VERSION=N with CONFIG_ERROR=text: exits 1 with that text unless the image's SVC_VERSION is N or newer.
: "${SVC:=svc}" "${PORT:=8080}" "${SVC_VERSION:=1}" "${KNOB_AFTER:=0}" "${LOG_EVERY:=5}" "${START_SECONDS:=1}"
export SVC PORT SVC_VERSION

trap 'log "shutting down"; exit 0' TERM INT

log() { printf '%s %s: %s\n' "$(date -Iseconds)" "$SVC" "$*"; }
tick() { sleep 1 & wait $!; }

turn_knob() {
  [ -n "$KNOB" ] || return
  [ -n "$KNOB_ONCE" ] && [ -e /state/once ] && return
  [ -z "$KNOB_ONCE" ] || touch /state/once
  printf '%s\n' "$KNOB_REASON" >"/state/$KNOB"
}

obey_knobs() {
  if [ -e /state/crash ]; then
    reason=$(cat /state/crash)
    log "FATAL ${reason:-the crash knob is turned}" >&2
    exit "${CRASH_CODE:-1}"
  fi
  if [ -e /state/oom ]; then
    reason=$(cat /state/oom)
    log "${reason:-loading everything into memory}"
    exec tail -c 4000m /dev/zero
  fi
  if [ -e /state/hang ]; then
    trap '' TERM
  fi
}

# log_line prints the next line of the service's sample log: @NOW@, @CLOCK@ and @ANY_VARIABLE@ are filled in, \033 is an escape.
log_line() {
  line=$(awk -v n="$1" -v now="$(date -Iseconds)" -v clock="$(date +%H:%M:%S)" '
    /^#/ { next }
    { lines[count++] = $0 }
    END {
      if (count == 0) exit
      line = lines[n % count]
      while (match(line, /@[A-Z_]+@/)) {
        name = substr(line, RSTART + 1, RLENGTH - 2)
        value = name == "NOW" ? now : name == "CLOCK" ? clock : ENVIRON[name]
        line = substr(line, 1, RSTART - 1) value substr(line, RSTART + RLENGTH)
      }
      print line
    }' "$lines")
  [ -z "$line" ] || printf '%b\n' "$line"
}

rm -f /state/unhealthy /state/hang
[ -z "$KNOB" ] || rm -f "/state/$KNOB"
lines=/lines/$SVC.txt
[ -e "$lines" ] || lines=/lines/default.txt

log "starting ${APP_VERSION:-version $SVC_VERSION} on :$PORT"
if [ -n "$NEEDS_VERSION" ] && [ "$SVC_VERSION" -lt "$NEEDS_VERSION" ]; then
  tick
  log "FATAL ${CONFIG_ERROR:-the configuration needs a newer version}" >&2
  exit 1
fi
obey_knobs

n=0
while [ "$n" -lt "$START_SECONDS" ]; do n=$((n + 1)); tick; done
nc -ll -p "$PORT" -e /web.sh &
log "ready"

n=0
while :; do
  [ "$n" != "$KNOB_AFTER" ] || turn_knob
  obey_knobs
  [ $((n % LOG_EVERY)) != 0 ] || log_line $((n / LOG_EVERY))
  n=$((n + 1))
  tick
done
