package backup

import (
	"regexp"
	"strings"

	"vigie/ops"
)

// A Report is what the log of the stack's backup script says of one run. Its grammar: lines «[date] message», where message may
// begin with WARNING: or ERREUR:, and a last one that says that it completed; what programs say by themselves has no date.
// It explains; it proves nothing: almost every failure of that script is only a warning, and some are not even that.
type Report struct {
	Began    bool     `json:"began,omitempty"`
	Done     bool     `json:"done,omitempty"` // it said that it completed
	Lines    int      `json:"lines,omitempty"`
	Last     string   `json:"last,omitempty"` // the last message with a date
	Warnings []string `json:"warnings,omitempty"`
	Errors   []string `json:"errors,omitempty"`
	Dropped  int      `json:"dropped,omitempty"` // warnings and errors beyond the first 40
	// Uncovered are live databases that the script itself says that it does not dump.
	Uncovered []string `json:"uncovered,omitempty"`
	// Bugs are the known bugs that the log shows.
	Bugs []Bug `json:"bugs,omitempty"`
}

// A Bug is a fault of the script that is known.
type Bug struct {
	Name string   `json:"name"`
	Says ops.Text `json:"says"` // what it is, and what to change
}

const (
	startLine = "Starting pre-backup"
	doneLine  = "Pre-backup completed successfully"
	mostLines = 40
)

var (
	dated     = regexp.MustCompile(`^\[([^\]]{6,60})\] ?(.*)$`)
	notDumped = regexp.MustCompile(`(?i)^WARNING: bases PostgreSQL vivantes NON sauvegard\S*\s*: *(.*)$`)
	database  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_$.-]{0,62}$`)
	readonly  = regexp.MustCompile(`\bUID[ \x{a0}\x{202f}]?: (?:readonly variable|variable en lecture seule)`)
	glued     = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,6}){6,}\b`) // 172.20.2.5172.20.3.4
)

// take reads one more line.
func (r *Report) take(line string) {
	line = strings.TrimRight(clipped(line, 400), " ")
	if line == "" {
		return
	}
	r.Lines++
	r.known(line)
	m := dated.FindStringSubmatch(line)
	if m == nil {
		return
	}
	message := strings.TrimSpace(m[2])
	r.Last = clipped(message, 160)
	switch {
	case strings.HasPrefix(message, startLine):
		r.Began = true
	case message == doneLine:
		r.Done = true
	case strings.HasPrefix(message, "WARNING:"):
		r.uncovered(message)
		r.Warnings = r.hold(r.Warnings, strings.TrimSpace(strings.TrimPrefix(message, "WARNING:")))
	case strings.HasPrefix(message, "ERREUR:"), strings.HasPrefix(message, "ERREUR :"):
		r.Errors = r.hold(r.Errors, strings.TrimLeft(strings.TrimPrefix(message, "ERREUR"), " :"))
	}
}

func (r *Report) hold(list []string, message string) []string {
	if len(list) >= mostLines {
		r.Dropped++
		return list
	}
	return append(list, clipped(message, 200))
}

func (r *Report) uncovered(message string) {
	m := notDumped.FindStringSubmatch(message)
	if m == nil {
		return
	}
	for _, name := range strings.FieldsFunc(m[1], func(c rune) bool { return c == ' ' || c == ',' || c == ';' }) {
		if database.MatchString(name) && len(r.Uncovered) < 200 {
			r.Uncovered = append(r.Uncovered, name)
		}
	}
}

// known recognizes bugs by what a line says.
func (r *Report) known(line string) {
	switch {
	case readonly.MatchString(line):
		r.bug("grafana-uid", ops.T("it loops over a variable called UID, which bash does not let it set, so it ends in the middle of the Grafana export, before its heartbeat: call the variable DASH_UID",
			"il boucle sur une variable nommée UID, que bash refuse de modifier : il s’arrête pendant l’export Grafana, avant son battement. Nomme la variable DASH_UID"))
	case glued.MatchString(line):
		r.bug("qdrant-address", ops.T("it glues all of Qdrant's addresses together into one that does not exist: take the first one only",
			"il colle toutes les adresses de Qdrant en une seule qui n’existe pas : ne prends que la première"))
	case strings.Contains(line, "Permission denied"):
		r.bug("permission", ops.T("it may not read or write something: give its folders to the user that cron runs it as",
			"il n’a pas le droit de lire ou d’écrire quelque chose : donne ses dossiers à l’utilisateur du cron"))
	case strings.Contains(line, "No Grafana dashboards found"):
		r.bug("grafana-password", ops.T("Grafana gave it no dashboard: its password is probably out of step. Once that is mended, the UID bug shows",
			"Grafana ne lui a donné aucun tableau de bord : son mot de passe est sans doute désynchronisé. Une fois corrigé, le bug de UID se verra"))
	case strings.Contains(line, "no password supplied"):
		r.bug("pg-password", ops.T("pg_dump has no password inside the container, so its dumps are empty: hand it PGPASSWORD with docker exec -e",
			"pg_dump n’a pas de mot de passe dans le conteneur, ses dumps sont donc vides : passe-lui PGPASSWORD avec docker exec -e"))
	}
}

func (r *Report) bug(name string, says ops.Text) {
	for _, b := range r.Bugs {
		if b.Name == name {
			return
		}
	}
	r.Bugs = append(r.Bugs, Bug{name, says})
}

// close adds what only the end shows: where a log breaks off is where the script died.
func (r *Report) close() {
	if r.Done || r.Last == "" || len(r.Bugs) > 0 {
		return
	}
	switch {
	case strings.HasPrefix(r.Last, "Exporting Grafana"):
		r.bug("grafana-end", ops.T("it ended during the Grafana export, as the bug of its variable UID makes it: call that variable DASH_UID",
			"il s’est arrêté pendant l’export Grafana, comme le provoque le bug de sa variable UID : nomme-la DASH_UID"))
	case strings.HasPrefix(r.Last, "Triggering Redis"):
		r.bug("redis-copy", ops.T("it ended while copying Redis' dump, which only Redis may read: copy it with docker cp",
			"il s’est arrêté en copiant le dump de Redis, que seul Redis peut lire : copie-le avec docker cp"))
	case strings.HasPrefix(r.Last, "Creating Qdrant"):
		r.bug("qdrant-end", ops.T("it ended at Qdrant's snapshot: where Qdrant has several addresses, take the first one only",
			"il s’est arrêté à l’instantané de Qdrant : si Qdrant a plusieurs adresses, ne prends que la première"))
	}
}

// ParseLog reads the log that one run, or many, left, and returns what it says of the last one.
func ParseLog(log string) Report {
	var r Report
	for line := range strings.Lines(log) {
		if m := dated.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil && strings.HasPrefix(strings.TrimSpace(m[2]), startLine) {
			r = Report{} // another run
		}
		r.take(line)
	}
	r.close()
	return r
}

// says is the outcome as the log tells it.
func (r Report) says() ops.Text {
	switch {
	case r.Lines == 0:
		return ops.T("it said nothing", "il n’a rien dit")
	case r.Done:
		return ops.T("it says that it completed", "il dit avoir terminé")
	case r.Last == "":
		return ops.T("it does not say that it completed", "il ne dit pas avoir terminé")
	}
	return ops.T("it broke off after «%s»", "il s’est interrompu après « %s »", r.Last)
}
