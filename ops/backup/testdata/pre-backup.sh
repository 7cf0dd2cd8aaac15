#!/bin/bash
# What the stack's own script does, as far as its log and its files go: the same lines, the same order, the same faults.
# Stand-ins: what docker, curl and tar would do is a file that is written here. $BUGS says which faults it has.
set -euo pipefail
BACKUP_DIR="${BACKUP_DIR:?}"
TIMESTAMP="${TIMESTAMP:-$(date +%Y%m%d_%H%M%S)}"
BUGS=" ${BUGS:-} "
has() { [[ "$BUGS" == *" $1 "* ]]; }
mkdir -p "$BACKUP_DIR"/{pg_dump,redis,qdrant,n8n,grafana}

echo "[$(date)] Starting pre-backup..."
echo "[$(date)] Dumping PostgreSQL databases..."
for DB in ${DBS:-n8n litellm plane_production}; do
  if has "absent:$DB"; then
    echo "[$(date)] WARNING: base ${DB} absente — dump ignoré"
    continue
  fi
  if has no-password; then
    echo 'pg_dump: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: fe_sendauth: no password supplied' >&2
    : > "$BACKUP_DIR/pg_dump/${DB}-${TIMESTAMP}.dump"
    echo "[$(date)] WARNING: pg_dump a échoué pour ${DB}"
    continue
  fi
  printf 'PGDMP dump of %s, long enough to be one' "$DB" > "$BACKUP_DIR/pg_dump/${DB}-${TIMESTAMP}.dump"
done
echo "[$(date)] PostgreSQL dump completed"
if [ -n "${DRIFT:-}" ]; then
  echo "[$(date)] WARNING: bases PostgreSQL vivantes NON sauvegardees : ${DRIFT}"
fi

echo "[$(date)] Triggering Redis BGSAVE..."
if has redis-copy; then
  echo "cp: cannot open '/opt/javisi/data/redis/dump.rdb' for reading: Permission denied" >&2
  false # the script as it was until a day in July
fi
printf 'REDIS0011 a snapshot of it' > "$BACKUP_DIR/redis/dump-${TIMESTAMP}.rdb"
echo "[$(date)] Redis snapshot completed"

echo "[$(date)] Creating Qdrant snapshot..."
if has qdrant-address; then
  IP="$(printf '172.20.2.5'; printf '172.20.3.4')"
  echo "curl: (6) Could not resolve host: ${IP}" >&2
  exit 6
fi
echo "full-snapshot-2026-08-14-02-55-01.snapshot" > "$BACKUP_DIR/qdrant/latest-snapshot-${TIMESTAMP}.txt"
echo "[$(date)] Qdrant snapshot created: full-snapshot-2026-08-14-02-55-01.snapshot"

echo "[$(date)] Exporting n8n workflows..."
if has n8n-empty; then
  echo "[$(date)] WARNING: n8n export vide ou échoué"
else
  echo '[{"id":"1","name":"w","nodes":[]}]' > "$BACKUP_DIR/n8n/workflows-${TIMESTAMP}.json"
  echo "[$(date)] n8n export completed"
fi
if has brick; then
  echo "[$(date)] ERREUR: brick trek: archive data échouée"
fi

echo "[$(date)] Exporting Grafana dashboards..."
DASHBOARD_UIDS="a1 b2"
if has grafana-password; then DASHBOARD_UIDS=""; fi
if [ -n "${DASHBOARD_UIDS}" ]; then
  mkdir -p "$BACKUP_DIR/grafana/dashboards-${TIMESTAMP}"
  if has fixed; then
    for DASH_UID in ${DASHBOARD_UIDS}; do echo '{"dashboard":{}}' > "$BACKUP_DIR/grafana/dashboards-${TIMESTAMP}/${DASH_UID}.json"; done
  else
    for UID in ${DASHBOARD_UIDS}; do echo '{"dashboard":{}}' > "$BACKUP_DIR/grafana/dashboards-${TIMESTAMP}/${UID}.json"; done
  fi
  echo "[$(date)] Grafana dashboards exported"
else
  echo "[$(date)] WARNING: No Grafana dashboards found to export"
fi
echo "[$(date)] Pre-backup completed successfully"
