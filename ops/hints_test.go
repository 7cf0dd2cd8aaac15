package ops

import "testing"

// FuzzMayHint: the quick look never says no where a hint matches, so it lets no secret through.
func FuzzMayHint(f *testing.F) {
	for _, s := range []string{
		"plain words", "PASSWORD=x", "paſſword: abcd", "Token a", "api-key", "APIKEY", "master_key", "apP_key", "x://u@h", "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "1:2",
		"sK-abc", "rk-1", "GHP_x", "github_pat_x", "GLPAT-x", "xoxb-1", "AKIA1", "ASIA1", "AIzaX", " hf_x", " npm_x", "eyJx", "PRIVATE KEY", "Bearer x", "Authorization", "pwd", "dsn",
		"cooKie", "CREDENTIAL", "acceſs-key", "\u212aey",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if hints.MatchString(s) && !mayHint(s) {
			t.Errorf("%q has a hint, and the quick look does not see it", s)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	r := NewRedactor("hunter2-hunter2")
	for b.Loop() {
		r.Redact("🟢 12 fine · longest up 9 d · ⚪ metube off on purpose")
	}
}
