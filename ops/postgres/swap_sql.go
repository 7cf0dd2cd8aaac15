package postgres

import (
	"fmt"
	"time"
)

// turn is the advisory lock that swaps hold, so that one can be waited for whose answer was lost.
const turn = 8317987319222330741

// close keeps new connections out of a database and ends those that are there. It takes effect at once, in statements of its own.
const closing = `ALTER DATABASE %s ALLOW_CONNECTIONS false;
DO $vigie$ BEGIN
	FOR i IN 1..100 LOOP
		PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid();
		PERFORM pg_stat_clear_snapshot();
		IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = %[2]s) THEN RETURN; END IF;
		PERFORM pg_sleep(0.1);
	END LOOP;
	RAISE EXCEPTION 'vigie busy';
END $vigie$;
`

// declared is what both ways begin with: ids and marks of the databases by their names.
const declared = `DO $vigie$
DECLARE
	live constant name := %s; copy constant name := %s; before constant name := %s; aside constant name := %s; key constant text := %s;
	l oid; s oid; b oid; lm text; sm text; bm text; was text; d pg_database; r record; stamp constant text := %s;
BEGIN
	PERFORM pg_advisory_xact_lock(%d);
	SELECT oid INTO l FROM pg_database WHERE datname = live;
	SELECT oid INTO s FROM pg_database WHERE datname = copy;
	SELECT oid INTO b FROM pg_database WHERE datname = before;
	lm := %s; sm := %s; bm := %s;
`

// swapping gives the copy the name of the live database, in one transaction: every moment sees either of them under it.
const swapping = `
	IF lm = 'live ' || key THEN
		EXECUTE format('ALTER DATABASE %I ALLOW_CONNECTIONS true', live);
		RETURN;
	END IF;
	IF s IS NULL OR sm IS NULL OR sm NOT LIKE 'scratch ' || key || ' loaded%' THEN RAISE EXCEPTION 'vigie copy'; END IF;
	IF b IS NOT NULL AND (l IS NOT NULL OR bm IS NULL OR bm NOT LIKE 'kept ' || key || '%') THEN RAISE EXCEPTION 'vigie name'; END IF;
	SELECT * INTO d FROM pg_database WHERE oid = coalesce(l, b);
	IF FOUND THEN
		EXECUTE format('ALTER DATABASE %I OWNER TO %I', copy, pg_get_userbyid(d.datdba));
		EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT %s', copy, d.datconnlimit);
		EXECUTE format('COMMENT ON DATABASE %I IS %L', copy, shobj_description(d.oid, 'pg_database'));
		FOR r IN SELECT setrole, split_part(v, '=', 1) AS setting, substr(v, strpos(v, '=') + 1) AS value FROM pg_db_role_setting, unnest(setconfig) v
			WHERE setdatabase = d.oid AND v NOT LIKE 'vigie.%' LOOP
			-- settings that are lists of names are kept as they are to be written; all others are one string
			EXECUTE format(CASE r.setrole WHEN 0 THEN 'ALTER DATABASE %1$I' ELSE 'ALTER ROLE %4$I IN DATABASE %1$I' END || ' SET %2$I TO %3$s', copy, r.setting,
				CASE WHEN r.value <> '' AND lower(r.setting) IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries',
					'shared_preload_libraries', 'unix_socket_directories', 'oauth_validator_libraries') THEN r.value ELSE quote_literal(r.value) END,
				pg_get_userbyid(r.setrole));
		END LOOP;
		IF d.datacl IS NOT NULL THEN
			EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC, %I', copy, pg_get_userbyid(d.datdba));
			FOR r IN SELECT * FROM aclexplode(d.datacl) LOOP
				EXECUTE format('GRANT %s ON DATABASE %I TO %s', r.privilege_type, copy,
					CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END) || CASE WHEN r.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END;
			END LOOP;
		END IF;
	END IF;
	IF l IS NOT NULL THEN
		EXECUTE format('ALTER DATABASE %I RENAME TO %I', live, before);
		IF lm IS NOT NULL THEN EXECUTE format('ALTER DATABASE %I SET vigie.was TO %L', before, lm); END IF;
		EXECUTE format('ALTER DATABASE %I SET vigie.mark TO %L', before, 'kept ' || key || ' ' || stamp);
	END IF;
	EXECUTE format('ALTER DATABASE %I RENAME TO %I', copy, live);
	EXECUTE format('ALTER DATABASE %I SET vigie.mark TO %L', live, 'live ' || key);
	EXECUTE format('ALTER DATABASE %I ALLOW_CONNECTIONS true', live);
END $vigie$;
`

// unswapping puts what was kept back, from wherever swapping got to.
const unswapping = `
	IF before <> '' AND (b IS NULL OR bm IS NULL OR bm NOT LIKE 'kept ' || key || '%') THEN
		IF lm = 'live ' || key THEN RAISE EXCEPTION 'vigie gone'; END IF;
		IF l IS NOT NULL THEN EXECUTE format('ALTER DATABASE %I ALLOW_CONNECTIONS true', live); END IF;
		RETURN;
	END IF;
	IF l IS NOT NULL THEN
		IF lm IS DISTINCT FROM 'live ' || key THEN
			IF before = '' THEN RETURN; END IF;
			RAISE EXCEPTION 'vigie again';
		END IF;
		EXECUTE format('ALTER DATABASE %I RENAME TO %I', live, aside);
		EXECUTE format('ALTER DATABASE %I SET vigie.mark TO %L', aside, 'undone ' || key || ' ' || stamp);
		EXECUTE format('ALTER DATABASE %I ALLOW_CONNECTIONS false', aside);
	END IF;
	IF b IS NOT NULL THEN
		EXECUTE format('ALTER DATABASE %I RENAME TO %I', before, live);
		SELECT substr(v, length('vigie.was=') + 1) INTO was FROM pg_db_role_setting, unnest(setconfig) v WHERE setdatabase = b AND setrole = 0 AND v LIKE 'vigie.was=%';
		IF was IS NULL THEN
			EXECUTE format('ALTER DATABASE %I RESET vigie.mark', live);
		ELSE
			EXECUTE format('ALTER DATABASE %I SET vigie.mark TO %L', live, was);
			EXECUTE format('ALTER DATABASE %I RESET vigie.was', live);
		END IF;
		EXECUTE format('ALTER DATABASE %I ALLOW_CONNECTIONS true', live);
	END IF;
END $vigie$;
`

func exchange(to Copy, aside, way string) string {
	mark := func(oid string) string { return fmt.Sprintf(markOf, oid) }
	return fmt.Sprintf(declared, literal(to.Database), literal(to.Scratch), literal(to.Before), literal(aside), literal(to.Key),
		literal(time.Now().UTC().Format(time.RFC3339)), int64(turn), mark("l"), mark("s"), mark("b")) + way
}
