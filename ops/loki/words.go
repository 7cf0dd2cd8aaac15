package loki

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// An asked is what somebody asks: LogQL of their own, or a service and what to find in its lines.
type asked struct {
	LogQL   string // empty: Service is set
	Service string // as typed; "all" is every container
	Find    string // as typed; empty: every line
	Since   time.Duration
	Limit   int // lines; 0: not said
}

var (
	labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	// logQL is what begins an expression: a stream selector, or a function of one.
	logQL = regexp.MustCompile(`^(\{|\(|(sum|avg|min|max|count|topk|bottomk|approx_topk|stddev|stdvar|sort|sort_desc|rate|rate_counter|bytes_rate|` +
		`(count|bytes|avg|sum|min|max|stdvar|stddev|quantile|first|last|absent)_over_time|label_replace|vector)\s*(\(|(by|without)\s*\())`)
	number     = regexp.MustCompile(`^[0-9]{1,5}$`)
	status     = regexp.MustCompile(`^[45][0-9][0-9]$`) // of HTTP: «n8n 402» looks for that
	comparison = []string{">", ">=", "<", "<=", "=", "==", "!="}
)

// errorsAre the words that mean: whatever looks like an error.
var errorsAre = []string{"error", "errors", "erreur", "erreurs"}

// links are words between what to find and since when: «n8n timeout since 2h», «in the last 2h».
var links = []string{"since", "depuis", "last", "past", "the", "in", "over", "les", "dernières", "dernieres", "sur", "dans"}

// looksBad is what looks like an error, as a regular expression of Loki's.
const looksBad = "(?i)error|panic|fatal"

// understand reads what was typed. A length of time may stand first or last («n8n error 2h», «24h n8n»), with a number of
// lines after it; in LogQL such words mean nothing at the end, unless something is compared with them.
func understand(typed string) (a asked, err error) {
	words := strings.Fields(typed)
	if len(words) > 1 {
		if d, ok := span(words[0]); ok {
			a.Since, words = d, words[1:]
		}
	}
	mine := logQL.MatchString(strings.Join(words, " "))
	for len(words) > 1 {
		last, before := words[len(words)-1], words[len(words)-2]
		name, value, named := strings.Cut(last, "=")
		d, isSpan := span(last)
		switch {
		case named && (name == "since" || name == "limit"):
			if err := a.set(name, value); err != nil {
				return a, err
			}
		case slices.Contains(comparison, before):
			return a.of(words, mine), nil
		case isSpan && a.Since == 0:
			a.Since = d
			for !mine && len(words) > 2 && slices.Contains(links, strings.ToLower(words[len(words)-2])) {
				words = slices.Delete(words, len(words)-2, len(words)-1)
			}
		case number.MatchString(last) && a.Limit == 0 && (isAnySpan(before) || closes(before) || !mine && len(words) == 2 && !status.MatchString(last)):
			a.Limit, _ = strconv.Atoi(last) // five digits at most
		default:
			return a.of(words, mine), nil
		}
		words = words[:len(words)-1]
	}
	return a.of(words, mine), nil
}

func (a asked) of(words []string, mine bool) asked {
	if mine {
		a.LogQL = strings.Join(words, " ")
	} else if len(words) > 0 {
		a.Service, a.Find = words[0], unquoted(strings.Join(words[1:], " "))
	}
	return a
}

// unquoted is text without the quotation marks that somebody put round all of it.
func unquoted(text string) string {
	for _, pair := range []string{`""`, "''", "``", "«»", "“”"} {
		r := []rune(pair)
		inner, ok := strings.CutPrefix(text, string(r[0]))
		if inner, closed := strings.CutSuffix(inner, string(r[1])); ok && closed && strings.TrimSpace(inner) != "" && !strings.ContainsAny(inner, pair) {
			return strings.TrimSpace(inner)
		}
	}
	return text
}

func (a *asked) set(name, value string) error {
	d, isSpan := span(value)
	n, err := strconv.Atoi(value)
	switch {
	case name == "since" && isSpan:
		a.Since = d
	case name == "limit" && err == nil && n > 0:
		a.Limit = n
	default:
		return &ops.Error{Kind: ops.Invalid, Param: "query", Say: ops.T("%s cannot be %s: write since=2h, or limit=200", "%s ne peut pas être %s : écris since=2h, ou limit=200", ops.Name(name), ops.Name(clip(value, 20)))}
	}
	return nil
}

// span reads a length of time with its unit. A bare number is none: it may be what is looked for, such as 402.
func span(word string) (time.Duration, bool) {
	if word == "" || word[0] < '0' || word[0] > '9' || number.MatchString(word) {
		return 0, false
	}
	d, err := ops.ParseSpan(word)
	return d, err == nil && d > 0
}

func isAnySpan(word string) bool { _, ok := span(strings.TrimPrefix(word, "since=")); return ok }

// closes reports whether a word ends a part of LogQL after which no number can stand.
func closes(word string) bool {
	return strings.HasSuffix(word, "}") || strings.HasSuffix(word, "\"") || strings.HasSuffix(word, "`")
}

// filter is LogQL for lines that hold what somebody typed, whatever its case. It is quoted as Go is, which is how Loki reads it.
func filter(find string) string {
	switch {
	case find == "":
		return ""
	case slices.Contains(errorsAre, strings.ToLower(find)):
		return " |~ " + strconv.Quote(looksBad)
	}
	return " |~ " + strconv.Quote("(?i)"+regexp.QuoteMeta(find))
}

// selector is LogQL for the lines of one container; "" is every container.
func selector(label, value string) string {
	if value == "" {
		return "{" + label + `=~".+"}`
	}
	return "{" + label + "=" + strconv.Quote(value) + "}"
}

// clip makes foreign text one clean line of at most n characters.
func clip(text string, n int) string {
	text = strings.Join(strings.Fields(ops.Clean(text)), " ")
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}
