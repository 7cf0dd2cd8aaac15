package postgres

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
)

const sample = `--
-- PostgreSQL database dump
--

\restrict abcDEF

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)

SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
COMMENT ON EXTENSION pg_trgm IS 'text; similarity';

CREATE FUNCTION public.confusing() RETURNS text
    LANGUAGE plpgsql
    AS $_$
COPY audit FROM stdin;
\.
-- PostgreSQL database dump complete
BEGIN RETURN $1; /* it's */ END $_$;

ALTER FUNCTION public.confusing() OWNER TO "Odd ""owner""";

CREATE TABLE public.workflow (id integer, name text DEFAULT 'a;b'::text, e text DEFAULT E'it\'s; \\');
ALTER TABLE public.workflow OWNER TO n8n;
CREATE UNLOGGED TABLE "My Schema"."Table; x" (a text);
SELECT pg_catalog.lo_create('16401');

COPY public.workflow (id, name, e) FROM stdin;
1	it's; \\.	$$
2	-- PostgreSQL database dump complete	\N
\.


COPY "My Schema"."Table; x" (a) FROM stdin;
\.

CREATE POLICY p ON public.workflow FOR SELECT TO reader, "Writer" USING ((id < 5));
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT SELECT(id) ON TABLE public.workflow TO analyst WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE n8n IN SCHEMA public GRANT SELECT ON TABLES TO reader;

--
-- PostgreSQL database dump complete
--

\unrestrict abcDEF
`

func TestScan(t *testing.T) {
	var out bytes.Buffer
	s, err := scan(strings.NewReader(sample), &out)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]int64{"workflow": 2, "My Schema.Table; x": 0}; !maps.Equal(s.Rows, want) {
		t.Errorf("rows %v, want %v", s.Rows, want)
	}
	for _, c := range []struct {
		what      string
		got, want []string
	}{
		{"tables", s.Tables, []string{"My Schema.Table; x", "workflow"}},
		{"owners", s.Owners, []string{`Odd "owner"`, "n8n"}},
		{"grantees", s.Grantees, []string{"Writer", "analyst", "n8n", "reader"}},
		{"extensions", s.Extensions, []string{"pg_trgm"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s %q, want %q", c.what, c.got, c.want)
		}
	}
	if !s.complete || s.meta != "" || s.wide != "" || s.Inserts || s.Objects != 1 || s.Version != "15.18" || s.Text != int64(len(sample)) {
		t.Errorf("%+v", s)
	}
	if err := s.plain(); err != nil {
		t.Error(err)
	}
	want := strings.NewReplacer("\\restrict abcDEF\n", "", "\\unrestrict abcDEF\n", "").Replace(sample)
	if out.String() != want {
		t.Errorf("passed on:\n%s", out.String())
	}
}

func TestScanRefuses(t *testing.T) {
	whole := "\n-- PostgreSQL database dump complete\n"
	for _, c := range []struct{ name, script, want string }{
		{"another database", "SELECT 1;\n\\connect n8n\n" + whole, "commands psql itself"},
		{"in a line", "SELECT 1 \\gexec\n" + whole, "commands psql itself"},
		{"a shell", "\\! rm -rf /\n" + whole, "commands psql itself"},
		{"created", "CREATE DATABASE n8n WITH TEMPLATE = template0;\n" + whole, "not only about one database"},
		{"settings of the live one", "ALTER DATABASE n8n SET x TO 'y';\n" + whole, "not only about one database"},
		{"roles", "CREATE ROLE n8n;\n" + whole, "not only about one database"},
		{"memberships", "GRANT admin TO n8n;\n" + whole, "not only about one database"},
		{"its grants", "GRANT CONNECT ON DATABASE n8n TO bob;\n" + whole, "not only about one database"},
		{"cut off", sample[:len(sample)/2], "last line is missing"},
		{"in the rows", sample[:strings.Index(sample, "1\tit's")+3], "last line is missing"},
		{"the end in a string", "SELECT '\n-- PostgreSQL database dump complete\n", "no dump of PostgreSQL"},
		{"the end in a comment", "CREATE TABLE a();/*\n-- PostgreSQL database dump complete\n", "last line is missing"},
		{"something else", "hello\n", "no dump of PostgreSQL"},
	} {
		s, err := scan(strings.NewReader(c.script), nil)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if err := s.plain(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want «%s»", c.name, err, c.want)
		}
	}
}

func TestScanPassesNoCommandOn(t *testing.T) {
	var out bytes.Buffer
	if _, err := scan(strings.NewReader("SELECT 1;\n\\connect n8n\nDROP TABLE x;\n"), &out); err != errMeta || strings.Contains(out.String(), "connect") || strings.Contains(out.String(), "DROP") {
		t.Errorf("%v, passed on %q", err, out.String())
	}
}

func FuzzScan(f *testing.F) {
	for i := 0; i < len(sample); i += 97 {
		f.Add(sample[i:])
	}
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		s, err := scan(strings.NewReader(text), &out)
		if s.Text > int64(len(text)) || out.Len() > len(text) {
			t.Errorf("%d bytes became %d, passed on %d", len(text), s.Text, out.Len())
		}
		if err == nil && s.meta != "" {
			t.Errorf("%q got through", s.meta)
		}
		again, _ := scan(strings.NewReader(text), nil)
		if err == nil && (!maps.Equal(s.Rows, again.Rows) || s.complete != again.complete) {
			t.Error("it reads differently when it is not passed on")
		}
	})
}
