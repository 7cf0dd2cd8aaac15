package hooks

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A Kind is what a source speaks.
type Kind string

const (
	Alertmanager Kind = "alertmanager" // version 4 of its webhook
	Grafana      Kind = "grafana"      // Grafana's own alerting, not that of before version 9
	Kuma         Kind = "kuma"         // Uptime Kuma 1 and 2
	Diun         Kind = "diun"
	LiteLLM      Kind = "litellm"
	GitHub       Kind = "github"
	// JSON is for whatever else can post. An object with these fields and no others:
	//
	//	subject   what it is about: a sort, a colon, a name: "backup:n8n"
	//	title     what is wrong, enough for a lock screen
	//	state     "firing" until "resolved" comes for the same subject and kind; "event" for what just happens
	//	kind      which of the subject's troubles, if it can have several
	//	severity  "notice", "warning" or "critical"
	//	lines     up to 8 lines more
	//	quote     output that shows it
	//	at        since when, RFC 3339; now if it is missing
	//	for       "90s", "15m", "2h", "3d": it is over by itself when nothing more came for so long. An event: 1h
	JSON Kind = "json"
)

// Kinds are all there are.
var Kinds = []Kind{Alertmanager, Grafana, Kuma, Diun, LiteLLM, GitHub, JSON}

// A Source is one sender.
type Source struct {
	Name     string // the end of its path: lower-case letters, digits and dashes, at most 40
	Kind     Kind
	Secret   string       // at least 16 characters
	Severity ops.Severity // of a message that says none itself; "" leaves it to the kind
	Rules    []Rule       // what to make of some messages; the first that matches counts
	MaxBytes int64        // of a request; 0 means 1 MiB, and 5 MiB for GitHub, whose messages carry whole objects
}

// Format keeps the secret out of everything that is printed.
func (s Source) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "%s (%s)", s.Name, s.Kind) }

const (
	leastSecret = 16 // characters
	usualBytes  = 1 << 20
	githubBytes = 5 << 20
)

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (s Source) mistake() string {
	switch {
	case !sourceName.MatchString(s.Name):
		return "is no name for a source: lower-case letters, digits and dashes, at most 40"
	case s.Name == "heartbeat":
		return "is no name for a source: heartbeats are received there"
	case !slices.Contains(Kinds, s.Kind):
		return fmt.Sprintf("cannot be of kind %q: it is one of %q", s.Kind, Kinds)
	case len(s.Secret) < leastSecret:
		return fmt.Sprintf("needs a secret of at least %d characters", leastSecret)
	case s.Severity != "" && !s.Severity.AtLeast(ops.Notice):
		return fmt.Sprintf("cannot have severity %q: it is notice, warning or critical", s.Severity)
	case s.MaxBytes < 0:
		return "cannot take less than nothing: the limit of bytes is negative"
	}
	for i, r := range s.Rules {
		if r.Severity != "" && !r.Severity.AtLeast(ops.Notice) {
			return fmt.Sprintf("cannot have severity %q in rule %d: it is notice, warning or critical", r.Severity, i+1)
		}
		if r.Subject != "" && !sortAndName.MatchString(r.Subject) {
			return fmt.Sprintf("cannot have subject %q in rule %d: it is a sort, a colon and a name, such as host:vps", r.Subject, i+1)
		}
	}
	return ""
}

// A source is a Source at work.
type source struct {
	Source
	read     func(request) ([]event, error)
	sum      [sha256.Size]byte // of the secret: what is compared takes as long for every guess
	seen     seen              // GitHub's deliveries
	storms   storms            // LiteLLM's failed calls
	complain complaints
}

func newSource(s Source) *source {
	w := &source{Source: s, sum: sha256.Sum256([]byte(s.Secret))}
	if w.MaxBytes == 0 {
		w.MaxBytes = usualBytes
		if s.Kind == GitHub {
			w.MaxBytes = githubBytes
		}
	}
	w.read = map[Kind]func(request) ([]event, error){
		Alertmanager: readAlerts, Grafana: readAlerts, Kuma: readKuma, Diun: readDiun, LiteLLM: w.readLiteLLM, GitHub: readGitHub, JSON: readJSON,
	}[s.Kind]
	return w
}

// A request is what a source sent, after the secret and the wrapping are off.
type request struct {
	source  string
	body    []byte
	event   string // GitHub's X-GitHub-Event
	now     time.Time
	service func(string) (string, bool)
}

// decode reads the body into v.
func (r request) decode(v any) error {
	if err := json.Unmarshal(r.body, v); err != nil {
		return fmt.Errorf("this is not the JSON that is expected here: %s", jsonMistake(err))
	}
	return nil
}

// jsonMistake says what is wrong with some JSON in the words of who wrote it.
func jsonMistake(err error) string {
	var other *json.UnmarshalTypeError
	if !errors.As(err, &other) {
		return strings.TrimPrefix(err.Error(), "json: ")
	}
	wanted := "a number"
	switch other.Type.Kind() {
	case reflect.String:
		wanted = "text"
	case reflect.Slice:
		wanted = "a list"
	case reflect.Struct, reflect.Map:
		wanted = "an object"
	}
	word, _, _ := strings.Cut(other.Value, " ")
	is := map[string]string{"number": "a number", "string": "text", "array": "a list", "object": "an object", "bool": "yes or no"}[word]
	if other.Field == "" {
		return fmt.Sprintf("it is %s where %s belongs", is, wanted)
	}
	return fmt.Sprintf("%q is %s where %s belongs", other.Field, is, wanted)
}
