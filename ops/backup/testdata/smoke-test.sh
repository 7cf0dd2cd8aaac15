#!/bin/bash
# What the stack's own smoke test prints. $FAIL names tests that fail, $CUT ends it early.
set -uo pipefail
FAILURES=0
check() { # name, detail when it passes, detail when it fails
  if [[ "|${FAIL:-}|" == *"|$1|"* ]]; then
    echo "FAIL  $1 ($3)"
    FAILURES=$((FAILURES + 1))
  else
    echo "PASS  $1 ($2)"
  fi
}
echo "INFO  Using Tailscale IP 100.64.0.14 for VPN-protected endpoints"
echo "============================================"
echo "  Smoke Tests - javisi"
echo "  $(date)"
echo "============================================"
echo ""
echo "--- HTTPS & TLS ---"
check "Caddy HTTPS health" "HTTP 200" "HTTP 502, expected 200"
check "TLS certificate" "expires in 71 days" "expires in 3 days"
echo ""
echo "--- Container Status ---"
check "n8n container" "running" "state: exited"
check "OpenClaw container" "running" "state: not_found"
[ -n "${CUT:-}" ] && exit 1
echo ""
echo "--- LiteLLM API ---"
echo "WARN  LiteLLM models (5 available, expected >= 8 — some providers may not be configured)"
echo "SKIP  Qdrant collections (could not get container IP)"
echo "WARN  OpenClaw agents/concierge/IDENTITY.md not found"
echo ""
echo "============================================"
if [ "${FAILURES}" -eq 0 ]; then
  echo "  ALL TESTS PASSED"
  echo "============================================"
  exit 0
fi
echo "  ${FAILURES} TEST(S) FAILED"
echo "============================================"
exit 1
