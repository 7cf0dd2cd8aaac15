package litellm

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/litellm/litellmtest"
)

// A role that may only read suffices, and nothing that we send could write.
func TestReadOnlyRole(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	b.exec(`DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader`)
	t.Cleanup(func() { b.exec(`DROP OWNED BY reader; DROP ROLE reader`) })
	b.write(call{at: time.Now(), usd: 3}, call{at: time.Now(), usd: 1, key: healthName})
	s := b.system(Options{DSN: server.DSN("reader", b.name), Kept: &memory{}})
	for _, op := range []string{"litellm.costs", "litellm.budget", "litellm.parasites"} {
		if text := mustAsk(t, s, op); strings.Contains(text, "cannot") || strings.Contains(text, "may not") {
			t.Errorf("%s:\n%s", op, text)
		}
	}
	if err := s.hourly(t.Context()); err != nil {
		t.Error(err)
	}
	err := s.reading(t.Context(), func(x *session) error {
		return x.within(t.Context(), lookTime, func(tx pgxTx) error {
			_, err := tx.Exec(t.Context(), `DELETE FROM "LiteLLM_SpendLogs"`)
			return err
		})
	})
	if err == nil || !strings.Contains(err.Error(), "25006") { // read_only_sql_transaction, before any question of rights
		t.Errorf("deleting is refused with %v", err)
	}
}

// Less than all of the tables may be there, or be readable: what is lost is said, the rest works.
func TestLacks(t *testing.T) {
	for _, c := range []struct {
		name, change string
		op           string
		args         []string
		says         []string
	}{
		{"no provider", `ALTER TABLE "LiteLLM_SpendLogs" DROP COLUMN custom_llm_provider`, "litellm.costs", nil,
			[]string{"| openrouter | 3.00 $", "⚪ no column custom_llm_provider in LiteLLM_SpendLogs: providers are guessed from the models' names; LiteLLM 1.65 (March 2025) and newer have it"}},
		{"no alias", `ALTER TABLE "LiteLLM_SpendLogs" DROP COLUMN model_group`, "litellm.costs", []string{"by", "model"}, []string{"| …enrouter/z-ai/glm-5 | 3.00 $", "no column model_group"}},
		{"no tags", `ALTER TABLE "LiteLLM_SpendLogs" DROP COLUMN request_tags`, "litellm.costs", []string{"by", "tag"}, []string{"3.00 $ spent today", "no column request_tags", "there is nothing by tag"}},
		{"no keys, tokens, teams, metadata", `ALTER TABLE "LiteLLM_SpendLogs" DROP COLUMN api_key, DROP COLUMN total_tokens, DROP COLUMN team_id, DROP COLUMN metadata`, "litellm.costs", []string{"by", "key"},
			[]string{"| no key | 3.00 $", "no column api_key", "no column total_tokens"}},
		{"no daily sums, no names of keys", `DROP TABLE "LiteLLM_DailyUserSpend", "LiteLLM_DailyTagSpend", "LiteLLM_VerificationToken"`, "litellm.costs", []string{"period", "30d", "by", "key"}, []string{"3.00 $ spent in 30 days", "| key 00000000 |"}},
		{"a column that may not be read", `REVOKE ALL ON "LiteLLM_SpendLogs" FROM narrow; GRANT SELECT ("startTime", spend, model, model_group, api_key, total_tokens, request_tags) ON "LiteLLM_SpendLogs" TO narrow`,
			"litellm.costs", nil, []string{"| openrouter | 3.00 $", "narrow may not read the column custom_llm_provider of LiteLLM_SpendLogs"}},
		{"the log may not be read, the daily sums may", `REVOKE ALL ON "LiteLLM_SpendLogs" FROM narrow`, "litellm.costs", nil, []string{"⚪ no call today", "whole days only, from LiteLLM_DailyUserSpend: no hours, no forecast"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBase(t, litellmtest.Schema)
			b.exec(`DROP ROLE IF EXISTS narrow; CREATE ROLE narrow LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO narrow`)
			t.Cleanup(func() { b.exec(`DROP OWNED BY narrow; DROP ROLE narrow`) })
			b.write(call{at: time.Now(), usd: 3})
			b.exec(c.change)
			holds(t, mustAsk(t, b.system(Options{DSN: server.DSN("narrow", b.name)}), c.op, c.args...), c.says...)
		})
	}
}

// What cannot be read is said in words that lead on, and never with the password.
func TestUnreadable(t *testing.T) {
	b := newBase(t, `CREATE TABLE other (x int)`)
	b.exec(`DROP ROLE IF EXISTS poor; CREATE ROLE poor LOGIN`)
	t.Cleanup(func() { b.exec(`DROP ROLE poor`) })
	locked := newBase(t, litellmtest.Schema)
	dir, err := url.Parse(server.DSN("postgres", "x"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(user, database, host string) string {
		return fmt.Sprintf("postgres://%s:hunter2hunter2@/%s?host=%s&connect_timeout=2", user, database, url.QueryEscape(host))
	}
	socket := dir.Query().Get("host")
	for _, c := range []struct {
		name, dsn, before string
		kind              ops.ErrorKind
		says              string
	}{
		{"no table", at("postgres", b.name, socket), "", ops.NotFound, "has no table LiteLLM_SpendLogs: is it LiteLLM's?"},
		{"no database", at("postgres", "nowhere", socket), "", ops.Unavailable, "there is no database nowhere"},
		{"no role", at("nobody_here", b.name, socket), "", ops.Unavailable, "refuses nobody_here"},
		{"no server", at("postgres", b.name, t.TempDir()), "", ops.Unavailable, "nothing listens"},
		{"no port", "postgres://postgres:hunter2hunter2@127.0.0.1:1/x?sslmode=disable", "", ops.Unavailable, "nothing listens where LiteLLM's database should be (127.0.0.1, port 1)"},
		{"no host", "postgres://postgres:hunter2hunter2@nowhere.invalid/x?connect_timeout=5", "", ops.Unavailable, "no host nowhere.invalid"},
		{"no right", at("poor", b.name, socket), `CREATE TABLE "LiteLLM_SpendLogs" ("startTime" timestamp(3), spend double precision)`, ops.Denied, `GRANT SELECT ON "LiteLLM_SpendLogs" TO "poor"`},
		{"an unknown table", at("postgres", b.name, socket), `ALTER TABLE "LiteLLM_SpendLogs" RENAME spend TO cost`, ops.NotFound, "no column spend, which every LiteLLM so far has had"},
		{"a type that is not LiteLLM's", at("postgres", b.name, socket), `ALTER TABLE "LiteLLM_SpendLogs" RENAME cost TO spend; ALTER TABLE "LiteLLM_SpendLogs" ALTER spend TYPE text`, ops.Unavailable, "LiteLLM's database says: function sum(text) does not exist"},
		{"a table that is locked", at("postgres", locked.name, socket), "", ops.Unavailable, "table is locked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.before != "" {
				b.exec(c.before)
			}
			if strings.Contains(c.name, "locked") {
				defer locked.lock()()
			}
			s := b.system(Options{DSN: c.dsn})
			_, err := ask(t, s, ops.English, "litellm.costs")
			var said *ops.Error
			if !errors.As(err, &said) || said.Kind != c.kind || !strings.Contains(ops.Unmark(said.Say.En), c.says) || said.Say.Fr == "" {
				t.Errorf("%v", err)
			}
			if all := fmt.Sprintf("%v %+v %#v %v %+v", err, err, err, s, said); strings.Contains(all, "hunter2") {
				t.Errorf("the password is in %q", all)
			}
		})
	}
	for _, dsn := range []string{"postgres://u:hunter2hunter2@:x/", "host=a password=hunter2hunter2 port=zz", "://hunter2hunter2"} {
		if _, err := New(Options{DSN: dsn}); err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, errors.Unwrap(err)), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}

// The database may go away for a while: the figures of before are shown with their age, and then the new ones.
func TestAway(t *testing.T) {
	b := newBase(t, litellmtest.Schema)
	b.write(call{at: time.Now(), usd: 3})
	s := b.system(Options{})
	mustAsk(t, s, "litellm.costs")
	s.read = s.read.Add(-5 * time.Minute)
	b.exec(`ALTER TABLE "LiteLLM_SpendLogs" RENAME TO elsewhere; ALTER TABLE "LiteLLM_DailyUserSpend" RENAME TO gone`)
	holds(t, mustAsk(t, s, "litellm.costs"), "3.00 $ spent today", "🟠 figures of 5 min ", // and the seconds this took
		" ago: the database "+b.name+" has no table")
	b.exec(`ALTER TABLE elsewhere RENAME TO "LiteLLM_SpendLogs"`)
	b.write(call{at: time.Now(), usd: 1})
	if text := mustAsk(t, s, "litellm.costs"); !strings.Contains(text, "4.00 $ spent today") || strings.Contains(text, "ago") {
		t.Error(text)
	}
	b.exec(`ALTER TABLE "LiteLLM_SpendLogs" RENAME TO elsewhere`)
	s.read = s.read.Add(-2 * time.Hour)
	if _, err := ask(t, s, ops.English, "litellm.costs"); kindOf(err) != ops.NotFound {
		t.Errorf("figures that are hours old: %v", err)
	}
}
