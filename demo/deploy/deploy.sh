#!/usr/bin/env bash
# Plays the deployment: brings the models of a file of variables to the demo's OpenClaw, as a playbook would bring them to a real one.
#
#   demo/deploy/deploy.sh VARIABLES DOCKER_HOST
set -euo pipefail
[ $# = 2 ] || { echo "deploy.sh: say which variables, and which Docker" >&2; exit 2; }
readonly variables=$1 container=javisi_openclaw_lab
export DOCKER_HOST=$2

# value NAME prints a variable, without its quotes and its comment.
value() { sed -n "s/^$1:[[:space:]]*\"\{0,1\}\([^\"#]*[^\"#[:space:]]\)\"\{0,1\}[[:space:]]*\(#.*\)\{0,1\}$/\1/p" "$variables"; }

case $(value openclaw_profile) in
  eco) model=litellm/qwen3-coder ;;
  premium) model=litellm/claude-haiku ;;
  *) model=litellm/glm-5 ;;
esac
for agent in main writer builder explorer; do
  own=$(value "openclaw_${agent}_model")
  echo "TASK [openclaw : model of $agent] ${own:-$model}"
  docker exec "$container" openclaw config set "agents.entries.$agent.model.primary" "\"${own:-$model}\"" --strict-json >/dev/null
done
echo "PLAY RECAP: ok=4 changed=4 failed=0"
