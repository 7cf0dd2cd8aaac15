package config

import (
	"regexp"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"vigie/ops"
)

// Bounds of a window of maintenance: a schedule has no part shorter than a minute, and who needs more than a week mutes.
const (
	leastWindow = Duration(time.Minute)
	mostWindow  = 7 * mostSpan
)

func (l *loader) checkMaintenance() {
	names := map[string]bool{}
	for i := range l.cfg.Alerts.Maintenance {
		m, at := &l.cfg.Alerts.Maintenance[i], element("alerts.maintenance", i)
		l.checkNamed(child(at, "name"), m.Name, names)
		l.checkCron(child(at, "cron"), m)
		if key := child(at, "for"); l.doc.has(key) {
			l.checkSpanIn(key, &m.For, 0, leastWindow, mostWindow)
		} else {
			l.add(key, ops.T(`it does not say how long it lasts; write for = "30m"`, `on ne sait pas combien de temps elle dure ; écris for = "30m"`))
		}
		if len(m.Subject) == 0 {
			l.add(child(at, "subject"), ops.T(`it does not say what is kept quiet; write subject = ["container:litellm"], or "*" for everything`, `on ne sait pas ce qui se tait ; écris subject = ["container:litellm"], ou "*" pour tout`))
		}
		l.checkSubjects(child(at, "subject"), m.Subject)
		if m.Schedule != nil && !l.below(at) && endless(m, l.cfg.Stack.Location) {
			l.warn(child(at, "for"), ops.T("each window begins before the one before it ends, so nothing is ever told of these; make it shorter than what lies between two beginnings",
				"chaque fenêtre s’ouvre avant que la précédente se ferme, donc rien n’est jamais dit de ceux-ci ; qu’elle soit plus courte que ce qui sépare deux ouvertures"))
		}
	}
}

// cronForm is how a schedule is written.
var cronForm = ops.T(`minute, hour, day of the month, month, day of the week: "0 3 * * *" is every day at 03:00, "30 2 * * mon-fri" on weekdays at 02:30`,
	`minute, heure, jour du mois, mois, jour de la semaine : "0 3 * * *" est chaque jour à 03:00, "30 2 * * mon-fri" du lundi au vendredi à 02:30`)

func (l *loader) checkCron(key string, m *Maintenance) {
	if m.Cron == "" {
		l.add(key, ops.T("it does not say when it begins; write cron with five fields: %s", "on ne sait pas quand elle commence ; écris cron en cinq champs : %s", cronForm))
		return
	}
	m.Schedule = l.schedule(key, m.Cron)
}

// schedule reads five fields by the clock of the stack's zone. It returns nil after a problem.
func (l *loader) schedule(key, s string) cron.Schedule {
	schedule, ok := readCron(s, l.cfg.Stack.Location)
	switch {
	case l.told(key):
	case strings.Contains(s, "TZ="):
		l.add(key, ops.T("a schedule names no time zone here, it goes by zone below [stack]; write five fields alone: %s", "un horaire ne nomme pas de fuseau ici, il suit zone sous [stack] ; écris cinq champs seuls : %s", cronForm))
	case !ok:
		l.add(key, ops.T("%s is no schedule; write five fields: %s", "%s n’est pas un horaire ; écris cinq champs : %s", quoted(s), cronForm))
	case schedule.Next(someDay(l.cfg.Stack.Location)).IsZero():
		l.add(key, ops.T("%s never comes: no month of those has that day; change the day of the month or the month", "%s n’arrive jamais : aucun de ces mois n’a ce jour ; change le jour du mois ou le mois", quoted(s)))
	default:
		return schedule
	}
	return nil
}

var (
	cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	cronField  = regexp.MustCompile(`^` + cronPart + `(,` + cronPart + `)*$`)
)

const cronPart = `([*?]|[0-9A-Za-z]{1,3}(-[0-9A-Za-z]{1,3})?)(/[0-9]{1,3})?`

// readCron reads five fields and nothing else. The parser itself panics on some beginnings that name a time zone, and takes
// a field without a value for one that never comes.
func readCron(s string, zone *time.Location) (cron.Schedule, bool) {
	fields := strings.Fields(s)
	for _, f := range fields {
		if !cronField.MatchString(f) {
			return nil, false
		}
	}
	schedule, err := cronParser.Parse(strings.Join(fields, " "))
	if len(fields) != 5 || err != nil {
		return nil, false
	}
	return zoned{schedule, zone}, true
}

// zoned reads a schedule by the clock of one zone.
type zoned struct {
	cron.Schedule
	zone *time.Location
}

func (z zoned) Next(t time.Time) time.Time { return z.Schedule.Next(t.In(z.zone)) }

// someDay is where a schedule is tried from: the same for everybody who loads the same file.
func someDay(zone *time.Location) time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, zone) }

// endless says whether windows follow on each other without a gap for a month.
func endless(m *Maintenance, zone *time.Location) bool {
	begin := m.Schedule.Next(someDay(zone))
	for at := begin; at.Before(begin.AddDate(0, 1, 0)); {
		next := m.Schedule.Next(at)
		if next.IsZero() || next.Sub(at) > time.Duration(m.For) {
			return false
		}
		at = next
	}
	return true
}
