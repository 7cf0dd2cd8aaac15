package litellm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
	"unique"

	"vigie/ops"
)

// longest is how many runes of a name out of the database are kept: callers choose tags, and LiteLLM takes any.
const longest = 80

// cut makes a name out of the database safe to keep and to show.
func cut(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(ops.Clean(s), "\n", " "))
	if utf8.RuneCountInString(s) > longest {
		s = string([]rune(s)[:longest-1]) + "…"
	}
	return unique.Make(s).Value() // the same few names come for every hour
}

// lineOf is what a row is counted under.
func lineOf(provider, alias, model, key string) line {
	if prefix, _, named := strings.Cut(model, "/"); provider == "" && named {
		provider = prefix
	}
	return line{Provider: cut(provider), Alias: cut(alias), Model: cut(model), Key: keyOf(key)}
}

// hashed is what LiteLLM makes of a virtual key; named are names that it puts in the place of a key, and its own principals.
var (
	hashed = regexp.MustCompile(`^[0-9a-f]{64}$`)
	named  = regexp.MustCompile(`^(litellm[-_][a-z_-]+|hashed-jwt-[0-9a-f]{64})$`)
)

// keyOf makes sure that no key is kept in plain: LiteLLM stores what does not begin with sk- as it came. The hash is LiteLLM's own.
func keyOf(key string) string {
	if key == "" || hashed.MatchString(key) || named.MatchString(key) {
		return unique.Make(key).Value()
	}
	sum := sha256.Sum256([]byte(key))
	return unique.Make(hex.EncodeToString(sum[:])).Value()
}

// A namer says what things are called in one language's sentence; only what has no name of its own differs.
type namer func(name string) ops.Text

func nameProvider(name string) ops.Text {
	if name == "" {
		return ops.T("no provider", "sans fournisseur")
	}
	return ops.Raw(name)
}

func nameModel(name string) ops.Text {
	if name == "" { // LiteLLM could not tell which: a bad key, an unknown model
		return ops.T("no model", "sans modèle")
	}
	return ops.Raw(name)
}

func nameTag(name string) ops.Text {
	switch name {
	case "":
		return ops.T("no tag", "sans étiquette")
	case others:
		return ops.T("rarer tags", "étiquettes plus rares")
	case healthName:
		return healthChecks
	}
	return ops.Raw(name)
}

var healthChecks = ops.T("health checks", "contrôles de santé")

// nameKey names a key as people do, else by the beginning of its hash.
func (b *book) nameKey(key string) ops.Text {
	switch {
	case key == "":
		return ops.T("no key", "sans clé")
	case key == others:
		return ops.T("other keys", "autres clés")
	case key == healthName:
		return healthChecks
	case b.Names[key] != "":
		return ops.Raw(b.Names[key])
	case hashed.MatchString(key):
		return ops.T("key %s", "clé %s", key[:8])
	}
	return ops.Raw(key)
}

// A usd is an amount of money.
type usd float64

// String rounds to the cent. Under half a cent, but not nothing, is less than a cent; from 1000 on cents do not matter.
func (u usd) String() string {
	switch {
	case u > 0 && u < 0.005:
		return "<0.01 $"
	case u >= 1000:
		return grouped(int64(u+0.5)) + " $"
	}
	return fmt.Sprintf("%.2f $", max(0, float64(u)))
}

// bare is the amount without its sign, for «3.96 of 5.00 $».
func (u usd) bare() string { return strings.TrimSuffix(u.String(), " $") }

// grouped writes a number with a narrow space between thousands.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "\u202f" + s[at:]
	}
	return s
}

// short writes a large number with its order: «3.1 M». Both languages write it so.
func short(n int64) string {
	switch f := float64(n); {
	case f >= 999.5e6:
		return fmt.Sprintf("%.3g G", f/1e9)
	case f >= 999.5e3:
		return fmt.Sprintf("%.3g M", f/1e6)
	case f >= 10e3:
		return fmt.Sprintf("%.0f k", f/1e3)
	}
	return grouped(n)
}

// calls is a number of calls.
type calls int64

func (c calls) In(l ops.Lang) string {
	switch {
	case l == ops.French && c < 2:
		return grouped(int64(c)) + " appel"
	case l == ops.French:
		return grouped(int64(c)) + " appels"
	case c == 1:
		return "1 call"
	}
	return grouped(int64(c)) + " calls"
}
