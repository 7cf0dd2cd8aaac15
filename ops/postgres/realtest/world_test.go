package realtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/ops/docker"
	"vigie/ops/postgres"
)

const (
	image    = "vigie-demo/postgresql:15"
	password = "of the superuser, scram"
)

type secret string

func (s secret) Reveal() string { return string(s) }

// A box is a container with PostgreSQL, reached as main reaches it.
type box struct {
	engine *docker.Engine
	name   string
}

func (b *box) ID(ctx context.Context) (string, error) {
	d, err := b.engine.Inspect(ctx, b.name)
	return d.ID, err
}

func (b *box) Exec(ctx context.Context, x postgres.Exec) (int, error) {
	return b.engine.Exec(ctx, b.name, docker.Exec(x))
}

// docker runs the docker command, and fails the test if it does not work.
func (b *box) docker(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %q: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// boxes are the containers that this process made, to be removed at its end.
var boxes struct {
	mu   sync.Mutex // guards what follows
	list []string
	one  *box
}

func TestMain(m *testing.M) {
	code := m.Run()
	if code != 0 {
		for _, name := range boxes.list {
			out, _ := exec.Command("docker", "logs", "--tail", "60", name).CombinedOutput()
			fmt.Fprintf(os.Stderr, "%s said at last:\n%s", name, out)
		}
	}
	for _, name := range boxes.list {
		if out, err := exec.Command("docker", "rm", "-f", "-v", name).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "removing %s: %v: %s\n", name, err, out)
			code = 1
		}
	}
	os.Exit(code)
}

// newBox starts a PostgreSQL that asks for a password on its socket too, as the real one does.
func newBox(t testing.TB, docker_ ...string) *box {
	t.Helper()
	engine, err := docker.Dial(docker.DefaultHost)
	if err != nil {
		t.Fatal(err)
	}
	random := make([]byte, 4)
	rand.Read(random)
	b := &box{engine, "vgp_" + hex.EncodeToString(random) + "_postgresql"}
	boxes.mu.Lock()
	boxes.list = append(boxes.list, b.name)
	boxes.mu.Unlock()
	args := append([]string{"run", "-d", "--pull", "never", "--name", b.name, "--label", "vigie.test=1", "--network", "none", "--stop-signal", "SIGINT", "-e", "POSTGRES_PASSWORD=" + password}, docker_...)
	b.docker(t, append(args, image, "-c", "fsync=off", "-c", "autovacuum_naptime=5s")...)
	b.ready(t)
	b.docker(t, "exec", b.name, "sh", "-c", `printf 'local all all scram-sha-256\nhost all all all scram-sha-256\n' >$PGDATA/pg_hba.conf && kill -HUP 1`)
	return b
}

// shared is the one container that most tests work in, each with databases of its own.
func shared(t testing.TB) *box {
	t.Helper()
	if boxes.one == nil {
		boxes.one = newBox(t)
	}
	return boxes.one
}

// ready waits until the server takes connections over the network: the one that only makes the cluster does not.
func (b *box) ready(t testing.TB) {
	t.Helper()
	until := time.Now().Add(time.Minute)
	for {
		err := exec.Command("docker", "exec", b.name, "pg_isready", "-q", "-h", "127.0.0.1").Run()
		if err == nil {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("%s does not become ready: %s", b.name, b.docker(t, "logs", "--tail", "20", b.name))
		}
		time.Sleep(200 * time.Millisecond) // a real process starts
	}
}

// try runs SQL as the superuser, and returns what it prints.
func (b *box) try(database, sql string) (string, error) {
	var out, said bytes.Buffer
	cmd := exec.Command("docker", "exec", "-i", "-e", "PGPASSWORD", b.name, "psql", "-X", "-q", "-A", "-t", "-U", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1")
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(sql), &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, said.String())
	}
	return strings.TrimSpace(out.String()), nil
}

func (b *box) sql(t testing.TB, database, sql string) string {
	t.Helper()
	out, err := b.try(database, sql)
	if err != nil {
		t.Fatalf("in %s: %v", database, err)
	}
	return out
}

// run runs one of PostgreSQL's programs in the container, and returns its output.
func (b *box) run(t testing.TB, argv ...string) []byte {
	t.Helper()
	cmd := exec.Command("docker", append([]string{"exec", "-e", "PGPASSWORD", b.name}, argv...)...)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v: %s", argv, err, said.String())
	}
	return out
}

// A world is a database of a test in a container, with dumps of it.
type world struct {
	*box
	db     string
	dir    string // of dumps
	system *postgres.System
	old    string // what was in it when the dump was made
	outer  string // what belongs to the database itself
}

// newWorld makes a database and a dump of it, and then writes on: what is live is not what the dump has.
func newWorld(t testing.TB, b *box) *world {
	t.Helper()
	random := make([]byte, 4)
	rand.Read(random)
	w := &world{box: b, db: "n8n_" + hex.EncodeToString(random), dir: t.TempDir()}
	w.system = postgres.New(w.options())
	b.sql(t, "postgres", w.fill(made))
	b.sql(t, w.db, w.fill(filled))
	t.Cleanup(func() { w.remove(t) })
	w.old, w.outer = w.contents(t, w.db), w.settings(t, w.db)
	w.dump(t, w.db+"-20260101_025500.dump", "-Fc")
	b.sql(t, w.db, w.fill(writtenOn))
	return w
}

func (w *world) options() postgres.Options {
	return postgres.Options{Container: w.box, Name: w.name, Password: secret(password), Dumps: []string{w.dir + "/*"}, Folder: w.dir,
		Databases: map[string]postgres.Known{w.db: {AppUser: w.db + "_app", AppPassword: secret("app's own"), Probe: `SELECT count(*) FROM workflow_entity`}}}
}

// fill puts the world's own names into SQL.
func (w *world) fill(sql string) string {
	return strings.NewReplacer("DATABASE_", w.db, "APP", w.db+"_app", "READER", w.db+"_reader", "WRITER", w.db+"_writer").Replace(sql)
}

// dump makes a dump with the container's own pg_dump, and returns where it is.
func (w *world) dump(t testing.TB, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	out := w.run(t, append([]string{"pg_dump", "-U", "postgres", "-d", w.db}, args...)...)
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// remove takes away everything that has the world's name.
func (w *world) remove(t testing.TB) {
	w.sql(t, "postgres", `SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE datname LIKE '`+w.db+`%' \gexec
SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname LIKE '`+w.db+`!_%' ESCAPE '!' \gexec`)
}

const made = `
CREATE ROLE APP LOGIN PASSWORD 'app''s own';
CREATE ROLE READER LOGIN PASSWORD 'app''s own';
CREATE ROLE WRITER LOGIN PASSWORD 'app''s own';
CREATE DATABASE DATABASE_ OWNER APP TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'fr-FR' LC_COLLATE 'C' LC_CTYPE 'C';
COMMENT ON DATABASE DATABASE_ IS 'it''s the \ app''s own';
ALTER DATABASE DATABASE_ CONNECTION LIMIT 50;
ALTER DATABASE DATABASE_ SET search_path TO "$user", public, "My Schema";
ALTER DATABASE DATABASE_ SET statement_timeout TO '30s';
ALTER DATABASE DATABASE_ SET app.greeting TO 'it''s = "so"';
ALTER ROLE READER IN DATABASE DATABASE_ SET default_transaction_read_only TO on;
REVOKE ALL ON DATABASE DATABASE_ FROM PUBLIC;
GRANT CONNECT ON DATABASE DATABASE_ TO READER;
GRANT CONNECT, TEMPORARY ON DATABASE DATABASE_ TO WRITER WITH GRANT OPTION;
`

// filled is a database with all that makes restores go wrong.
const filled = `
CREATE EXTENSION pg_trgm;
CREATE EXTENSION pgcrypto;
CREATE SCHEMA "My Schema" AUTHORIZATION WRITER;
SET ROLE APP;
CREATE TABLE workflow_entity (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, nodes jsonb, "createdAt" timestamptz(3) NOT NULL);
CREATE TABLE execution_entity (id serial PRIMARY KEY, "workflowId" bigint NOT NULL REFERENCES workflow_entity ON DELETE CASCADE, "startedAt" timestamp, data text,
	words int GENERATED ALWAYS AS (length(data)) STORED);
CREATE INDEX ON workflow_entity USING gin (name gin_trgm_ops);
CREATE TABLE audit (at timestamptz NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE audit_2026 PARTITION OF audit FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE "Odd ""name"", with\slash" ("Ünï" text, raw bytea);
CREATE VIEW latest AS SELECT max(id) FROM execution_entity;
CREATE MATERIALIZED VIEW counted AS SELECT "workflowId", count(*) FROM execution_entity GROUP BY 1;
CREATE FUNCTION confusing() RETURNS text LANGUAGE plpgsql AS $body$ BEGIN
/* a body that looks like a dump:
COPY audit FROM stdin;
\.
-- PostgreSQL database dump complete
*/
RETURN 'it''s; $$ odd $$'; END $body$;
CREATE FUNCTION counting() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER on_write BEFORE INSERT ON execution_entity FOR EACH ROW EXECUTE FUNCTION counting();
ALTER TABLE workflow_entity ENABLE ROW LEVEL SECURITY;
CREATE POLICY readable ON workflow_entity FOR SELECT TO READER USING (id < 100);
GRANT SELECT ON workflow_entity, latest TO READER;
GRANT INSERT ("workflowId", data), SELECT ON execution_entity TO WRITER WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE APP IN SCHEMA public GRANT SELECT ON TABLES TO READER;
INSERT INTO workflow_entity (name, nodes, "createdAt") SELECT 'workflow ' || i || E' \\ tab\there \n line', jsonb_build_object('i', i), '2025-12-01'::timestamptz + i * interval '1 hour' FROM generate_series(1, 61) i;
INSERT INTO execution_entity ("workflowId", "startedAt", data) SELECT 1 + i % 61, '2025-12-31 00:00'::timestamp + i * interval '1 second', repeat(md5(i::text), 1 + i % 7) FROM generate_series(1, 3000) i;
INSERT INTO audit SELECT '2026-01-01 00:00Z'::timestamptz + i * interval '1 second', E'\\.' FROM generate_series(1, 500) i;
INSERT INTO "Odd ""name"", with\slash" VALUES (E'\\.\n\\N', '\x00ff10'), (NULL, NULL), ('', '');
SELECT lo_from_bytea(0, decode(repeat('00ff', 5000), 'hex'));
SELECT lo_from_bytea(0, 'another large object');
REFRESH MATERIALIZED VIEW counted;
RESET ROLE;
SET ROLE WRITER;
CREATE TABLE "My Schema"."Settings" (key text PRIMARY KEY, value text);
INSERT INTO "My Schema"."Settings" VALUES ('a', '1'), ('b', NULL);
GRANT SELECT ON "My Schema"."Settings" TO APP;
GRANT USAGE ON SCHEMA "My Schema" TO APP;
`

// writtenOn is what happens after the dump: rows, and objects that the dump does not know.
const writtenOn = `
SET ROLE APP;
INSERT INTO execution_entity ("workflowId", "startedAt", data) SELECT 1, now() AT TIME ZONE 'UTC' + interval '1 hour', 'after the dump' FROM generate_series(1, 38);
UPDATE workflow_entity SET nodes = '{"changed": true}' WHERE id = 7;
DELETE FROM execution_entity WHERE id BETWEEN 10 AND 20;
CREATE TABLE newer (id bigint REFERENCES workflow_entity, "createdAt" timestamptz DEFAULT now() + interval '1 hour');
INSERT INTO newer SELECT id FROM workflow_entity LIMIT 5;
SELECT lo_from_bytea(0, 'after the dump');
`

// contents is everything in a database that a restore brings back, as text: rows by their checksum, large objects, sequences, owners, grants.
func (b *box) contents(t testing.TB, database string) string {
	t.Helper()
	return b.sql(t, database, `SET DateStyle = ISO; SET TimeZone = 'UTC'; SET search_path = pg_catalog; SET extra_float_digits = 3;
SELECT 'table ' || c.oid::regclass || ' ' || (xpath('/row/x/text()', query_to_xml('SELECT count(*) || ''/'' || coalesce(md5(string_agg(md5(t::text), '''' ORDER BY md5(t::text))), ''-'') AS x FROM ' || c.oid::regclass || ' t', false, true, '')))[1]
	FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1;
SELECT 'owner ' || c.oid::regclass || ' ' || relkind::text || ' ' || relowner::regrole || ' ' || coalesce((SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) a), '-')
	FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'm', 'v', 'S', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1;
SELECT 'schema ' || nspname || ' ' || nspowner::regrole || ' ' || coalesce((SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(nspacl) a), '-') FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1;
SELECT 'function ' || p.oid::regprocedure || ' ' || md5(prosrc) || ' ' || proowner::regrole FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public' AND prolang <> 13 ORDER BY 1;
SELECT 'large ' || m.oid || ' ' || md5(lo_get(m.oid)) || ' ' || lomowner::regrole FROM pg_largeobject_metadata m ORDER BY m.oid;
SELECT 'sequence ' || schemaname || '.' || sequencename || ' ' || coalesce(last_value::text, '-') FROM pg_sequences ORDER BY 1;
SELECT 'column ' || attrelid::regclass || '.' || attname || ' ' || attidentity::text || attgenerated::text || ' ' || coalesce(attacl::text, '-') FROM pg_attribute WHERE attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace) AND attnum > 0 ORDER BY 1;
SELECT 'extension ' || extname FROM pg_extension ORDER BY 1;
SELECT 'default ' || defaclrole::regrole || ' ' || defaclacl::text FROM pg_default_acl ORDER BY 1;
SELECT 'policy ' || polrelid::regclass || ' ' || polname || ' ' || polroles::regrole[]::text FROM pg_policy ORDER BY 1;
SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1;`)
}

// settings is everything that belongs to a database itself and is not in a dump of it.
func (b *box) settings(t testing.TB, database string) string {
	t.Helper()
	name := "'" + database + "'"
	return b.sql(t, "postgres", `
SELECT pg_get_userbyid(datdba), encoding, datlocprovider, daticulocale, datcollate, datctype, datconnlimit, datallowconn, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = `+name+`;
SELECT 'acl ' || a.grantee::regrole || ' ' || a.privilege_type || ' ' || a.is_grantable || ' ' || a.grantor::regrole FROM pg_database, aclexplode(datacl) a WHERE datname = `+name+` ORDER BY 1;
SELECT 'set ' || coalesce(setrole, 0) || ' ' || v FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) v WHERE datname = `+name+` AND v NOT LIKE 'vigie.%' ORDER BY 1;`)
}

// differ shows the lines in which two states are not the same.
func differ(want, got string) string {
	var b strings.Builder
	in := func(s, line string) bool { return strings.Contains("\n"+s+"\n", "\n"+line+"\n") }
	for line := range strings.SplitSeq(want, "\n") {
		if !in(got, line) {
			b.WriteString("\n- " + line)
		}
	}
	for line := range strings.SplitSeq(got, "\n") {
		if !in(want, line) {
			b.WriteString("\n+ " + line)
		}
	}
	return b.String()
}
