package backup

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// Tested is what a smoke test said.
type Tested struct {
	At    time.Time     `json:"at,omitzero"`
	Took  time.Duration `json:"took,omitempty"`
	Exit  int           `json:"exit"`
	Tests []Test        `json:"tests,omitempty"`
	// Ended is whether its trailer came, and Says how many failed by its own count.
	Ended bool `json:"ended,omitempty"`
	Says  int  `json:"says,omitempty"`

	section string
}

// A Test is one line of a smoke test.
type Test struct {
	Section string `json:"section,omitempty"` // «Container Status»
	Result  string `json:"result"`            // PASS, FAIL, WARN, SKIP or INFO
	Name    string `json:"name"`
	Detail  string `json:"detail,omitempty"`
	Known   bool   `json:"known,omitempty"` // it fails, and is known to
}

const (
	pass = "PASS"
	fail = "FAIL"
	warn = "WARN"
)

// mostTests is how many lines are kept: the real script has about 60.
const mostTests = 500

var (
	testLine    = regexp.MustCompile(`^(PASS|FAIL|WARN|SKIP|INFO)\s{2}(.+?)(?: \((.*)\))?$`)
	sectionLine = regexp.MustCompile(`^--- (.{1,80}) ---$`)
	failedLine  = regexp.MustCompile(`^\s*(\d{1,6}) TEST\(S\) FAILED$`)
)

const passedLine = "ALL TESTS PASSED"

// take reads one more line. known are the names of tests that are known to fail.
func (t *Tested) take(line string, known []string) {
	line = strings.TrimRight(ops.Clean(line), " \t\n")
	if r := []rune(line); len(r) > 400 {
		line = string(r[:400])
	}
	if m := sectionLine.FindStringSubmatch(line); m != nil {
		t.section = m[1]
		return
	}
	if strings.TrimSpace(line) == passedLine {
		t.Ended, t.Says = true, 0
		return
	}
	if m := failedLine.FindStringSubmatch(line); m != nil {
		t.Ended = true
		t.Says, _ = strconv.Atoi(m[1]) // at most six digits
		return
	}
	m := testLine.FindStringSubmatch(line)
	if m == nil || len(t.Tests) >= mostTests {
		return
	}
	one := Test{Section: t.section, Result: m[1], Name: clipped(m[2], 120), Detail: clipped(m[3], 160)}
	one.Known = one.Result == fail && len(known) > 0 && ops.GlobAny(known, one.Name)
	t.Tests = append(t.Tests, one)
}

// ParseSmoke reads what a smoke test printed.
func ParseSmoke(output string, known []string) Tested {
	var t Tested
	for line := range strings.Lines(output) {
		t.take(line, known)
	}
	return t
}

func (t Tested) count(result string) (n int) {
	for _, one := range t.Tests {
		if one.Result == result {
			n++
		}
	}
	return n
}

// failed are the tests that fail and are not known to; known are those that are.
func (t Tested) failed() (failed, known []string) {
	for _, one := range t.Tests {
		switch {
		case one.Result != fail:
		case one.Known:
			known = append(known, one.Name)
		default:
			failed = append(failed, one.Name)
		}
	}
	return failed, known
}

// verdict says why the test did not pass; zero if it did. The rows decide, and then whether all of them came.
func (t Tested) verdict() ops.Text {
	failed, _ := t.failed()
	switch {
	case len(failed) > 0:
		return ops.T("%s failed: %s", "%s : %s", ops.Count{N: len(failed), EnOne: "test", EnMany: "tests", FrOne: "test en échec", FrMany: "tests en échec"}, listed(failed, 5))
	case t.count(pass) == 0:
		return ops.T("not one test passed, exit %d", "aucun test n’a réussi, code %d", t.Exit)
	case !t.Ended:
		return ops.T("it broke off after %d tests, exit %d", "il s’est interrompu après %d tests, code %d", len(t.Tests), t.Exit)
	case t.Says != t.count(fail):
		return ops.T("by its own count %d failed, and it showed %d", "selon son propre compte %d ont échoué, et il en a montré %d", t.Says, t.count(fail))
	}
	return ops.Text{}
}

// says sums the tests up.
func (t Tested) says() ops.Text {
	_, known := t.failed()
	list := []ops.Text{ops.T("%d passed", "%d réussis", t.count(pass))}
	if n := t.count(warn); n > 0 {
		list = append(list, ops.T("%s", "%s", ops.Count{N: n, EnOne: "warning", EnMany: "warnings", FrOne: "avertissement", FrMany: "avertissements"}))
	}
	if len(known) > 0 {
		list = append(list, ops.T("known to fail: %s", "échec connu : %s", listed(known, 3)))
	}
	return ops.Join(" · ", list...)
}

// table is one row for each test, failures first.
func (t Tested) table() (rows [][]string) {
	for _, want := range []string{fail, warn, "SKIP", pass, "INFO"} {
		for _, one := range t.Tests {
			if one.Result != want {
				continue
			}
			result := one.Result
			if one.Known {
				result += " (known)"
			}
			rows = append(rows, []string{result, one.Name, one.Detail})
		}
	}
	return rows
}
