package docker

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

var (
	themeLook  = ops.T("See", "Voir")
	themeAct   = ops.T("Repair a service", "Réparer un service")
	themeStack = ops.T("The whole stack", "Toute la pile")
)

// An age is how long something has been so, in the engine's words: "3 minutes", "About an hour".
type age string

var ageUnits = []struct {
	word string
	unit time.Duration
	en   string
	fr   string
}{
	{"second", time.Second, "s", "s"},
	{"minute", time.Minute, "min", "min"},
	{"hour", time.Hour, "h", "h"},
	{"day", 24 * time.Hour, "d", "j"},
	{"week", 7 * 24 * time.Hour, "wk", "sem."},
	{"month", 30 * 24 * time.Hour, "mo", "mois"},
	{"year", 365 * 24 * time.Hour, "y", "ans"},
}

// parts reads "3 minutes" as 3 and the unit's index; ok is false for words that are not the engine's.
func (a age) parts() (n, unit int, ok bool) {
	words := strings.Fields(strings.ToLower(string(a)))
	if len(words) < 2 {
		return 0, 0, false
	}
	n, err := strconv.Atoi(words[0])
	if err != nil {
		n = 1 // "About a minute", "Less than a second"
	}
	for i, u := range ageUnits {
		if strings.HasPrefix(words[len(words)-1], u.word) {
			return n, i, true
		}
	}
	return 0, 0, false
}

// Span is the age as a length of time, as exactly as the engine's words allow.
func (a age) Span() time.Duration {
	n, unit, _ := a.parts()
	return time.Duration(n) * ageUnits[unit].unit
}

func (a age) In(l ops.Lang) string {
	n, unit, ok := a.parts()
	switch {
	case !ok:
		return ops.Clean(string(a))
	case l == ops.French:
		return fmt.Sprintf("%d %s", n, ageUnits[unit].fr)
	}
	return fmt.Sprintf("%d %s", n, ageUnits[unit].en)
}

// ago is how long back at lies, in words.
func ago(at time.Time) ops.Text {
	if d := time.Since(at); d < time.Second {
		return ops.T("just now", "à l’instant")
	}
	return ops.T("%s ago", "il y a %s", ops.Span(time.Since(at).Truncate(time.Second)))
}

// short is an id or a digest as people compare them.
func short(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}

// clip cuts foreign text to its first line and at most n runes.
func clip(s string, n int) string {
	s = strings.TrimSpace(ops.Clean(s))
	s, _, _ = strings.Cut(s, "\n")
	return cut(strings.TrimSpace(s), n)
}

// cut is s, or its first n-1 runes and an ellipsis.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// list says names in a row: at most n of them, and how many more there are.
func list(n int, names ...string) ops.Text {
	said := make([]string, 0, n)
	for _, name := range names[:min(n, len(names))] {
		said = append(said, ops.Name(name).String())
	}
	all := ops.Raw(strings.Join(said, ", "))
	if more := len(names) - n; more > 0 {
		return ops.T("%s and %d more", "%s et %d de plus", all, more)
	}
	return all
}

// services counts them, in the right form.
func services(n int) ops.Count {
	return ops.Count{N: n, EnOne: "service", EnMany: "services", FrOne: "service", FrMany: "services"}
}

var blindTests = regexp.MustCompile(`^(?:/bin/|/usr/bin/)?(?:true|:|exit 0|echo\b.*|kill -0 1|\S+ (?:--version|-version|version|-v|-V))(?: *\|\| *exit 1)?$`)

// blind reports whether a health test can never fail while the container runs, so that «healthy» proves nothing.
func blind(test []string) bool {
	return len(test) > 0 && test[0] != "NONE" && blindTests.MatchString(testLine(test))
}

// probing reports whether there is a health test that means something.
func probing(test []string) bool {
	return len(test) > 0 && test[0] != "NONE" && !blind(test)
}

// testLine is a health test as one would type it.
func testLine(test []string) string {
	if len(test) > 1 && strings.HasPrefix(test[0], "CMD") {
		test = test[1:]
	}
	return strings.TrimSpace(strings.Join(test, " "))
}

// exitMeaning says what an exit code tells. 137 is a kill, and lack of memory only where there is a sign of it.
func exitMeaning(code int, memory bool) ops.Text {
	switch code {
	case 0:
		return ops.T("exit 0: it ended by itself, without an error", "code 0 : terminé de lui-même, sans erreur")
	case 1, 2:
		return ops.T("exit %d: the app gave up with an error", "code %d : l’application a abandonné sur une erreur", code)
	case 126:
		return ops.T("exit 126: its command is not executable", "code 126 : sa commande n’est pas exécutable")
	case 127:
		return ops.T("exit 127: its command does not exist in the image", "code 127 : sa commande n’existe pas dans l’image")
	case 130, 143:
		return ops.T("exit %d: it was asked to stop, and did", "code %d : on lui a demandé de s’arrêter, et il l’a fait", code)
	case 137:
		if memory {
			return ops.T("exit 137: killed for lack of memory", "code 137 : tué par manque de mémoire")
		}
		return ops.T("exit 137: killed; nothing says that memory was why", "code 137 : tué ; rien ne dit que la mémoire en soit la cause")
	case 139:
		return ops.T("exit 139: it crashed (invalid memory access)", "code 139 : plantage (accès mémoire invalide)")
	}
	if code > 128 && code < 160 {
		return ops.T("exit %d: ended by signal %d", "code %d : terminé par le signal %d", code, code-128)
	}
	return ops.T("exit %d: the app's own code", "code %d : un code propre à l’application", code)
}

// holds reports whether text holds part, without regard to case.
func holds(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}
