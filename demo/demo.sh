#!/usr/bin/env bash
# Runs the demo: a sample stack in Docker, a chat page instead of Telegram, and the bot between the two.
#
#   demo/demo.sh up         brings everything up in the background, and prints what to open
#   demo/demo.sh stack      the sample stack alone
#   demo/demo.sh status     what runs, and the state of every service
#   demo/demo.sh kill-bot   kill -9, as a crash would
#   demo/demo.sh bot        starts the bot again
#   demo/demo.sh down       removes all of it
#
# Everything it keeps is in one directory: $VIGIE_DEMO_DIR, by default ~/.local/state/vigie-demo.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

readonly stack=$root/demo/javisi mark=vigie.demo
readonly registry_port=5055 chat_port=8099 bot_port=9464 studio_port=8189
readonly n8n_port=5679 qdrant_port=6339 litellm_port=4009 pi_port=2299
readonly networks=(frontend egress) internal_networks=(backend monitoring sandbox)

main() {
  cd "$root"
  exec 9<"$0" # one at a time
  flock 9
  case ${1:-} in
    up) up ;;
    stack) up_stack ;;
    status) status ;;
    bot) need_demo && start_bot && say "The bot runs again: look at the chat, it says where things stand." ;;
    kill-bot) kill_bot ;;
    down) down ;;
    *) fail "demo.sh: say up, stack, status, bot, kill-bot or down" ;;
  esac
}

up() {
  refuse_taken_ports "$chat_port" chat "$bot_port" bot "$studio_port" studio "$n8n_port" beside "$qdrant_port" beside "$litellm_port" beside "$pi_port" pi
  up_stack
  build chat ./demo/chat studio ./demo/studio beside ./demo/beside bot .
  start_beside
  start_pi
  configure_bot
  start_chat
  start_studio
  start_bot
  welcome
}

up_stack() {
  has go || [ -x /usr/local/go/bin/go ] || impossible "The demo is built with Go 1.26, which is not on the PATH. Next: https://go.dev/dl/ and repeat the command."
  has go || PATH=$PATH:/usr/local/go/bin
  say "demo: brings up the sample stack «javisi» in Docker on this machine; make demo-down removes it again"
  scripts/engine.sh --for demo
  local_docker
  refuse_foreign_stack
  refuse_taken_ports "$registry_port" registry
  scripts/tools.sh demo
  scripts/images.sh
  private_dir "$demo_dir"
  mkdir -p "$demo_dir"/{bin,logs,pids}
  build registry ./demo/registry openclaw ./demo/openclaw
  start_registry
  start_stack
}

# refuse_foreign_stack: the names are those of a real project. Where that runs, the demo would collide with it.
refuse_foreign_stack() {
  local foreign
  foreign=$(docker ps --all --format '{{.Names}} {{.Label "'$mark'"}} {{.Label "com.docker.compose.project"}}' |
    awk '$2 != "1" && ($1 ~ /^javisi_/ || $2 == "javisi" || $3 == "javisi") { print $1; exit }')
  [ -z "$foreign" ] || impossible "A stack called javisi is on this machine already ($foreign is not the demo's). The demo would collide with it; nothing was changed."
  local name
  for name in "${networks[@]}" "${internal_networks[@]}"; do
    foreign=$(docker network ls --filter "name=^javisi_$name\$" --format '{{.Label "'$mark'"}}-')
    [ "${foreign:-1-}" = 1- ] || impossible "The Docker network javisi_$name is on this machine already and is not the demo's. Nothing was changed."
  done
}

# refuse_taken_ports PORT NAME… unless our own process NAME listens there.
refuse_taken_ports() {
  while [ $# -gt 0 ]; do
    if port_taken "$1" && ! running "$demo_dir/pids/$2"; then
      impossible "Port $1 on 127.0.0.1 is taken, and the demo's $2 needs it. Next: end what listens there (ss -ltnp 'sport = :$1' names it), and repeat the command."
    fi
    shift 2
  done
}

# build NAME PACKAGE… compiles each into the state directory, and ends the process that runs an older one.
build() {
  local binary
  while [ $# -gt 0 ]; do
    binary=$demo_dir/bin/$1
    [ -e "$binary" ] || say "demo: compiles $2 (minutes when Go's cache is cold, else seconds)"
    CGO_ENABLED=0 go build -trimpath -o "$binary.new" "$2" || fail "$2 does not compile"
    if cmp --silent "$binary.new" "$binary"; then
      rm "$binary.new"
    else
      stop_process "$demo_dir/pids/$1"
      mv "$binary.new" "$binary"
    fi
    shift 2
  done
}

# start NAME COMMAND… unless it runs already.
start() {
  local name=$1
  shift
  running "$demo_dir/pids/$name" || start_process "$demo_dir/pids/$name" "$demo_dir/logs/$name.log" "$@"
}

# await NAME PORT PATH SECONDS until it answers, or says why it does not.
await() {
  wait_until "$4" answers_or_died "$1" "$2" "$3" || true
  http_ok "$2" "$3" && return
  fail "The demo's $1 is not ready on http://127.0.0.1:$2$3: $(http_get "$2" "$3" | tail -n 1)
Its last words, from $demo_dir/logs/$1.log:
$(tail -n 10 "$demo_dir/logs/$1.log")"
}
answers_or_died() { http_ok "$2" "$3" || ! running "$demo_dir/pids/$1"; }

start_registry() {
  local published=$demo_dir/published content
  if ! running "$demo_dir/pids/registry"; then
    rm -f "$published" # its tags were in its memory
    start registry "$demo_dir/bin/registry" -port "$registry_port" -dir "$demo_dir/registry"
    await registry "$registry_port" /v2/ 10
  fi
  content=$(cat demo/publish.sh "$demo_dir/bin/openclaw" <(docker image inspect --format '{{.Id}}' vigie-demo/{svc:1,svc:2,svc:bad,oneshot:1,redis:7,postgresql:15}) | sha256sum)
  if [ "$(cat "$published" 2>/dev/null)" != "$content" ]; then
    say "demo: gives every service its image in a registry on 127.0.0.1:$registry_port"
    demo/publish.sh
    say "$content" >"$published"
  fi
}

start_stack() {
  local name
  for name in "${networks[@]}"; do network "$name"; done
  for name in "${internal_networks[@]}"; do network "$name" --internal; done
  say "demo: starts PostgreSQL, Redis and what else the applications stand on"
  compose docker-compose-infra.yml up --detach --wait
  docker exec --interactive javisi_redis sh -c "REDISCLI_AUTH=\$REDIS_PASSWORD; export REDISCLI_AUTH
    [ \$(redis-cli dbsize) != 0 ] || redis-cli" <"$stack/redis-seed.txt" >/dev/null
  say "demo: starts the applications, the broken ones too"
  compose docker-compose.yml up --detach
}

network() {
  local name=javisi_$1
  shift
  docker network inspect "$name" >/dev/null 2>&1 || docker network create --label "$mark=1" "$@" "$name" >/dev/null
}

# compose FILE ARGUMENT… runs quietly, and shows everything when it fails.
compose() {
  local file=$1
  shift
  docker compose --project-directory "$stack" --file "$stack/$file" "$@" >"$demo_dir/logs/compose.log" 2>&1 ||
    fail "docker compose $* failed for $file: $(cat "$demo_dir/logs/compose.log")"
}

# configure_bot writes the configuration with this machine's paths, and a token that only the chat stand-in knows.
configure_bot() {
  umask 077
  [ -s "$demo_dir/token" ] || say "$((RANDOM + 100000)):$(od -An -N18 -tx1 /dev/urandom | tr -d ' \n' | cut -c1-35)" >"$demo_dir/token"
  [ -s "$demo_dir/hook.secret" ] || od -An -N18 -tx1 /dev/urandom | tr -d ' \n' >"$demo_dir/hook.secret"
  mkdir -p "$demo_dir/backup"
  head -c 300000 /dev/urandom >"$demo_dir/backup/n8n-$(date -u +%Y%m%d)_025501.dump"
  # PostgreSQL publishes no port: from this machine its container's own address leads there.
  say "postgres://vigie:vigie-demo-reads-only@$(docker inspect --format '{{.NetworkSettings.Networks.javisi_backend.IPAddress}}' javisi_postgresql):5432/litellm" >"$demo_dir/litellm.dsn"
  say "postgres://vigie:vigie-demo-reads-only@$(docker inspect --format '{{.NetworkSettings.Networks.javisi_backend.IPAddress}}' javisi_postgresql):5432/n8n" >"$demo_dir/scores.dsn"
  [ -s "$demo_dir/openclaw.link" ] || say "https://claw.example.org/__bootstrap__#token=$(od -An -N18 -tx1 /dev/urandom | tr -d ' \n')" >"$demo_dir/openclaw.link"
  mkdir -p "$demo_dir"/{qdrant,deploy}
  [ -s "$demo_dir/deploy/main.yml" ] || cp demo/deploy/main.yml "$demo_dir/deploy/main.yml"
  sed -e "s|@STATE@|$demo_dir|g" -e "s|@STACK@|$stack|g" -e "s|@DOCKER@|$DOCKER_HOST|g" -e "s|@USER@|$(id -un)|g" -e "s|@PI@|$pi_port|g" -e "s|@DEMO@|$root/demo|g" \
    -e "s|@N8N@|$n8n_port|g" -e "s|@QDRANT@|$qdrant_port|g" -e "s|@LITELLM@|$litellm_port|g" demo/vigie.toml >"$demo_dir/vigie.toml"
}

# start_beside starts what stands beside the stack: an n8n, a Qdrant and a LiteLLM proxy.
start_beside() {
  start beside "$demo_dir/bin/beside" -n8n "$n8n_port" -qdrant "$qdrant_port" -litellm "$litellm_port" -keys "$demo_dir"
  await beside "$litellm_port" /health/readiness 15
}

# start_pi starts the second machine: OpenSSH on loopback with keys of its own, and «vigie guard» as what its one key may do.
start_pi() {
  local pi=$demo_dir/pi unit pam=no
  mkdir -p "$pi"/{bin,renders,units/caddy-workstation.service,units/render-worker.service}
  chmod 700 "$pi"
  [ -s "$pi/host" ] || ssh-keygen -q -t ed25519 -N '' -C pi -f "$pi/host"
  [ -s "$pi/key" ] || ssh-keygen -q -t ed25519 -N '' -C vigie -f "$pi/key"
  say "[127.0.0.1]:$pi_port $(cut -d' ' -f1,2 "$pi/host.pub")" >"$pi/known_hosts"
  say "restrict,command=\"/usr/bin/env PATH=$pi/bin:/usr/bin:/bin $demo_dir/bin/bot guard -config $pi/guard.toml\" $(cat "$pi/key.pub")" >"$pi/authorized_keys"
  [ -s "$pi/renders/night.tar" ] || tar --create --file "$pi/renders/night.tar" --directory demo deploy
  install -m 755 demo/pi/systemctl "$pi/bin/systemctl"
  for unit in "$pi"/units/*; do
    [ -s "$unit/state" ] || "$pi/bin/systemctl" restart -- "${unit##*/}"
  done
  grep -q started "$pi/units/once" 2>/dev/null ||
    { sed -i -e s/=active/=failed/ -e s/=running/=failed/ -e s/Result=success/Result=exit-code/ "$pi/units/render-worker.service/state" && say started >"$pi/units/once"; }
  ! is_root || [[ $(getent shadow root) != root:!* ]] || pam=yes # else OpenSSH takes a root without a password for one that is locked
  sed -e "s|@STATE@|$demo_dir|g" demo/pi/guard.toml >"$pi/guard.toml"
  sed -e "s|@STATE@|$demo_dir|g" -e "s|@PORT@|$pi_port|g" -e "s|@PAM@|$pam|g" demo/pi/sshd_config >"$pi/sshd_config"
  chmod 600 "$pi/guard.toml" "$pi/sshd_config" "$pi/authorized_keys" "$pi/known_hosts"
  if is_root && [ ! -e /run/sshd ]; then # OpenSSH wants it, and does not make it
    mkdir /run/sshd
    touch "$pi/made-run-sshd"
  fi
  start pi /usr/sbin/sshd -D -e -f "$pi/sshd_config"
  wait_until 10 port_taken "$pi_port" || fail "The demo's second machine does not start: $(tail -n 5 "$demo_dir/logs/pi.log")"
}

stop_pi() {
  [ ! -e "$demo_dir/pi/made-run-sshd" ] || rmdir /run/sshd 2>/dev/null || true # not empty: somebody else's now
}

start_chat() {
  start chat "$demo_dir/bin/chat" -port "$chat_port" -token-file "$demo_dir/token"
  await chat "$chat_port" / 15
}

start_studio() {
  start studio "$demo_dir/bin/studio" -port "$studio_port"
  await studio "$studio_port" /system_stats 15
}

start_bot() {
  start bot "$demo_dir/bin/bot" -config "$demo_dir/vigie.toml"
  await bot "$bot_port" /readyz 75 # ready is when Telegram has answered, and a long poll without news takes a minute
}

need_demo() {
  [ -x "$demo_dir/bin/bot" ] || fail "The demo is not up: make demo brings it up."
  local_docker
}

kill_bot() {
  need_demo
  running "$demo_dir/pids/bot" || fail "The bot does not run: make demo-bot starts it."
  stop_process "$demo_dir/pids/bot" KILL 5
  say "The bot is dead, in the middle of whatever it did. make demo-bot starts it again."
}

welcome() {
  cat <<SCREEN

  Vigie watches a sample stack of 17 containers, and a second machine. Open the chat:

      http://127.0.0.1:$chat_port/

  You are Ann, who may do everything; Bruno (operator) and Chloé (viewer, she asks in French) are in the menu.
  Type first:

      /status                 what is up, what needs you
      tap grafana             why it is unhealthy; restart it, and see it proved
      /inspect openclaw       killed over and over: out of memory
      /update nocodb          the next version cures it
      /update litellm         the next version is bad: it goes back to the one it had
      /alerts                 what is wrong, and who is on it; /costs and /budget: what the models cost

      /hosts                  this machine and the pi, over a real ssh; /unit_restart render-worker: it failed there; /probe, /fresh
      /n8n                    which workflow fails and why;  /qdrant  what was saved, and what never was
      /models, /keys, /scores where each alias leads, who spends, who is good at what
      /pair                   marie waits to talk to OpenClaw;  /agents, /devices, /agent_model writer glm, /agent_profile eco
      /openclaw_link          a secret for admins alone: it deletes itself
      /imagine a sunset       a picture, step by step; Again and Vary below it (a stand-in for ComfyUI draws it)
      /create video waves     what it costs is said first (a stand-in for n8n takes it, and nobody is paid)

  Kill the bot in the middle of an update, and start it again:   make demo-kill-bot    make demo-bot
  Break something yourself, and be told:                         docker exec javisi_loki touch /state/unhealthy
  Let another program tell:                                      curl -H "Authorization: Bearer $(cat "$demo_dir/hook.secret")" \
      -d '{"subject": "cron:nightly", "title": "the nightly job failed", "severity": "warning", "state": "event"}' http://127.0.0.1:$bot_port/hooks/json
  What runs:  demo/demo.sh status       Logs:  $demo_dir/logs       Remove it all:  make demo-down

SCREEN
}

status() {
  local_docker
  local name pid
  for name in registry chat studio beside pi bot; do
    if running "$demo_dir/pids/$name"; then
      read -r pid _ <"$demo_dir/pids/$name"
      printf '%-24s runs, pid %s\n' "$name" "$pid"
    else
      printf '%-24s does not run\n' "$name"
    fi
  done
  demo/check.sh
}

down() {
  local name kept=()
  for name in bot pi beside studio chat registry; do
    [ ! -e "$demo_dir/pids/$name" ] || stop_process "$demo_dir/pids/$name"
  done
  stop_pi
  local_docker
  if engine_answers; then
    remove_from_docker
    if [ "$(cat "$engine_dir/for" 2>/dev/null)" = demo ]; then
      if [ -z "$(docker ps --all --quiet)" ]; then
        scripts/engine.sh --stop
      else
        kept+=("the dockerd that make demo started, because other containers are on it")
      fi
    fi
  fi
  remove_private_dir "$demo_dir"
  [ ! -d "$cache_home" ] || kept+=("the compose plugin, and its build in $cache_home")
  if docker buildx version >/dev/null 2>&1; then kept+=("Docker's build cache"); fi
  kept+=("installed packages" "Go's own caches")
  say "demo: removed. What stays: $(printf '%s; ' "${kept[@]}" | sed 's/; $//')."
}

# remove_from_docker takes what carries the demo's mark, and nothing else.
remove_from_docker() {
  docker ps --all --quiet --filter "label=$mark=1" | xargs -r docker rm --force --volumes >/dev/null
  docker volume ls --quiet --filter "label=$mark=1" | xargs -r docker volume rm >/dev/null
  docker network ls --quiet --filter "label=$mark=1" | xargs -r docker network rm >/dev/null
  scripts/images.sh --remove
}

main "$@"
