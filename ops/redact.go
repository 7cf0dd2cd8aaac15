package ops

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Hidden stands where a secret was.
const Hidden = "«secret»"

// secretWord is what the names of secrets hold: POSTGRES_PASSWORD, vault_litellm_master_key, apiKey, X-Api-Key.
const secretWord = `(?:passw(?:or)?d|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|master[-_]?key|salt[-_]?key|encryption[-_]?key|app[-_]?key|signing[-_]?key|credential|cookie|dsn)`

// shapes are what secrets look like that nobody told us of. Each keeps its first group and hides the second.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`(?i)((?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest)\s+)?)([^\s"',;]+)`),
	regexp.MustCompile(`(?i)(\bbearer\s+)([A-Za-z0-9._~+/=-]{8,})`),
	regexp.MustCompile(`(?i)("[\w.-]*` + secretWord + `[\w.-]*"\s*:\s*")((?:[^"\\]|\\.)+)`),
	regexp.MustCompile(`(?i)('[\w.-]*` + secretWord + `[\w.-]*'\s*:\s*')([^']+)`),
	regexp.MustCompile(`(?i)(\b[\w.-]*` + secretWord + `[\w.-]*\s*=\s*["']?)([^\s"'&;,]+)`),
	regexp.MustCompile(`(?im)(\b[\w.-]*` + secretWord + `[\w.-]*:[ \t]+["']?)([^\s"',;]{4,})`),
	regexp.MustCompile(`(?i)(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)([^\s/@]+)(@)`),
	regexp.MustCompile(`(\b(?:bot)?\d{6,12}:)([A-Za-z0-9_-]{30,})`),
	regexp.MustCompile(`(\b(?:sk|pk|rk)-)([A-Za-z0-9_-]{12,})`),
	regexp.MustCompile(`(\b(?:ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|AKIA|ASIA|AIza|hf|npm)[-_]?)([A-Za-z0-9_-]{16,})`),
	regexp.MustCompile(`(\beyJ)([A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,})`),
	regexp.MustCompile(`(-----BEGIN [A-Z ]*PRIVATE KEY-----)([\s\S]+?)(-----END [A-Z ]*PRIVATE KEY-----|\z)`),
}

// hints are cheap signs that one of the shapes may be there: most text has none, and is let through at once.
var hints = regexp.MustCompile(`(?i)` + secretWord + `|passw|authorization|bearer|://[^\s/]*@|\d{6}:[A-Za-z0-9_-]{30}|\b[spr]k-|gh[posu]_|github_pat|glpat|xox[abprs]|A[KS]IA|AIza|\bhf_|\bnpm_|eyJ|PRIVATE KEY`)

// signs are in lower case what each of the hints holds, whatever else it asks for. Looking for them costs a fiftieth of the
// hints themselves, and most of what is said holds none.
var signs = []string{"pass", "pwd", "secret", "token", "key", "credential", "cookie", "dsn", "authorization", "bearer", "://", "sk-", "pk-", "rk-",
	"ghp_", "gho_", "ghs_", "ghu_", "github_pat", "glpat", "xox", "akia", "asia", "aiza", "hf_", "npm_", "eyj"}

// mayHint reports whether a hint could match s; it never says no where one does.
func mayHint(s string) bool {
	digits := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
			continue
		case c == ':' && digits >= 6:
			return true
		}
		digits = 0
	}
	s = strings.ToLower(s)
	return strings.Contains(s, "ſ") || // which regexps take for an s
		slices.ContainsFunc(signs, func(sign string) bool { return strings.Contains(s, sign) })
}

// A Redactor takes secrets out of text: the exact values that it is told of, in plain, URL and base64
// notation, and what has the shape of a secret. Everything that leaves Vigie passes it: replies, log lines,
// journal notes, prompts.
type Redactor struct{ exact *strings.Replacer }

// NewRedactor knows the given secrets. Values under 6 characters would hide half of every text, and are left to
// the shapes.
func NewRedactor(secrets ...string) *Redactor {
	var pairs []string
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // the longest first: one may hold another
	for _, s := range secrets {
		if s = strings.TrimSpace(s); len(s) < 6 {
			continue
		}
		forms := []string{s, url.QueryEscape(s), url.PathEscape(s), base64.StdEncoding.EncodeToString([]byte(s)), strings.ReplaceAll(s, `"`, `\"`)}
		for n := min(len(s)-1, 600); n >= 4; n-- { // cut short to fit into a line before it came here
			forms = append(forms, s[:n]+"…")
		}
		for i, f := range forms {
			if !slices.Contains(forms[:i], f) {
				pairs = append(pairs, f, Hidden)
			}
		}
	}
	return &Redactor{strings.NewReplacer(pairs...)}
}

// Redact returns s without secrets. What it returns, it returns unchanged if it is given it again.
func (r *Redactor) Redact(s string) string {
	if r != nil {
		s = r.exact.Replace(s)
	}
	if !mayHint(s) || !hints.MatchString(s) {
		return s
	}
	for _, shape := range shapes {
		s = shape.ReplaceAllStringFunc(s, func(m string) string {
			g := shape.FindStringSubmatch(m)
			if strings.Contains(g[2], Hidden) || strings.HasPrefix(Hidden, g[2]) {
				return m
			}
			return g[1] + Hidden + strings.Join(g[3:], "")
		})
	}
	return s
}
