package ops_test

import (
	"strings"
	"testing"

	"vigie/ops"
)

func TestRedactShapes(t *testing.T) {
	r := ops.NewRedactor("hunter2-hunter2", "p@ss/w rd")
	for _, c := range []struct{ in, keep, hide string }{
		{"the password is hunter2-hunter2", "the password is", "hunter2"},
		{"the password «hunter2-hu…» is wrong", "» is wrong", "hunter2"},
		{"https://x/?k=p%40ss%2Fw+rd&y=1", "&y=1", "p%40ss"},
		{"aHVudGVyMi1odW50ZXIy", "", "aHVudGVy"},
		{"POSTGRES_PASSWORD=abc", "POSTGRES_PASSWORD=", "abc"},
		{"vault_litellm_master_key: sk-x1 # comment", "comment", "sk-x1"},
		{`{"apiKey": "a b \" c", "n": 1}`, `"n": 1`, "a b"},
		{"Authorization: Bearer abcdef", "Authorization: Bearer", "abcdef"},
		{"authorization: basic dXNlcjpwYXNz", "basic", "dXNl"},
		{"postgres://n8n:s3cr3t@db:5432/n8n", "@db:5432/n8n", "s3cr3t"},
		{"redis://:s3cr3t@redis:6379", "@redis", "s3cr3t"},
		{"https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/getMe", "/getMe", "AAHdq"},
		{"key sk-proj-abcdefghijklmnop", "key sk-", "abcdef"},
		{"X-Api-Key: 0123456789", "X-Api-Key:", "0123456789"},
		{"api-key: 0123456789", "", "0123456789"},
		{"token ghp_abcdefghijklmnopqrst end", "end", "abcdefghij"},
		{"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter", "after", "MIIE"},
		{"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefg", "jwt", "hbGciOi"},
		{"'secret': 'one two'", "'secret'", "one two"},
	} {
		got := r.Redact(c.in)
		if strings.Contains(got, c.hide) || !strings.Contains(got, c.keep) || !strings.Contains(got, ops.Hidden) {
			t.Errorf("%q became %q", c.in, got)
		}
		if again := r.Redact(got); again != got {
			t.Errorf("redacting %q twice gives %q", got, again)
		}
	}
}

func TestRedactLeavesTheRest(t *testing.T) {
	r := ops.NewRedactor("a", "", "short")
	for _, s := range []string{
		"🟢 14 of 14 fine · javisi", "health: connect ECONNREFUSED postgresql:5432", "http://127.0.0.1:5678/healthz", "a short answer",
		"sha256:b16016e5599abd0d90bd666f051063a082ce0e895006e780f5f673a2ca50b680", "12:34:56 level=info tick=5", "6 digits of your authenticator app",
		"password authentication failed for user n8n",
	} {
		if got := r.Redact(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func FuzzRedact(f *testing.F) {
	for _, s := range []string{"a=b", "password=x", "Bearer abcdefghij", "hunter2-hunter2", `"secret": "\\"`} {
		f.Add(s)
	}
	r := ops.NewRedactor("hunter2-hunter2")
	f.Fuzz(func(t *testing.T, s string) {
		if got := r.Redact(s); strings.Contains(got, "hunter2-hunter2") {
			t.Errorf("%q became %q", s, got)
		}
	})
}
