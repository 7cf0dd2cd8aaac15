package hooks

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// kuma is what Uptime Kuma sends. A test, and what is not about one check (certificates, domains), has neither heartbeat nor
// monitor.
type kuma struct {
	Heartbeat *kumaBeat    `json:"heartbeat"`
	Monitor   *kumaMonitor `json:"monitor"`
	Msg       string       `json:"msg"`
}

type kumaBeat struct {
	MonitorID json.Number `json:"monitorID"`
	Status    *int        `json:"status"` // the only field that says it reliably
	Time      string      `json:"time"`   // UTC, and does not say so
	Msg       string      `json:"msg"`
}

// The statuses of a heartbeat.
const (
	kumaDown = iota
	kumaUp
	kumaPending // it failed and is tried again: nothing yet
	kumaMaintenance
)

// kumaMonitor is the little that is needed of its sixty fields.
type kumaMonitor struct {
	ID        json.Number `json:"id"`
	Name      string      `json:"name"`
	Type      string      `json:"type"`
	URL       string      `json:"url"` // "https://" where the type has none
	Hostname  string      `json:"hostname"`
	Port      json.Number `json:"port"`
	Container string      `json:"docker_container"`
	Tags      []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"tags"`
}

func readKuma(r request) ([]event, error) {
	var m kuma
	if err := r.decode(&m); err != nil {
		return nil, err
	}
	if m.Heartbeat == nil {
		if strings.TrimSpace(m.Msg) == "" {
			return nil, errors.New(`neither "heartbeat" nor "msg" is there`)
		}
		return []event{kumaNote(r, m.Msg)}, nil
	}
	if m.Heartbeat.Status == nil {
		return nil, errors.New(`"heartbeat.status" is missing`)
	}
	monitor := kumaMonitor{}
	if m.Monitor != nil {
		monitor = *m.Monitor
	}
	id := first(m.Heartbeat.MonitorID.String(), monitor.ID.String())
	if id == "" {
		return nil, errors.New(`"heartbeat.monitorID" is missing`)
	}
	e := event{facts: monitor.facts(), names: []string{monitor.Container, monitor.Name}, usual: ops.Critical}
	e.Subject, e.Kind, e.At = "kuma:"+r.source+":"+key(id), "down", kumaTime(m.Heartbeat.Time)
	name, said := ops.Name(first(oneLine(monitor.Name, 50), "monitor "+key(id))), m.Heartbeat.Msg
	switch *m.Heartbeat.Status {
	case kumaDown:
		e.Title = ops.Join(" · ", ops.T("%s is down", "%s est hors service", name), ops.Raw(oneLine(said, mostTitle)))
	case kumaUp:
		e.Over, e.Title = true, ops.T("%s is up again", "%s est de nouveau en service", name)
	case kumaMaintenance:
		e.Over, e.Title = true, ops.T("%s is under maintenance in Uptime Kuma", "%s est en maintenance dans Uptime Kuma", name)
	default: // pending, and what later versions may add
		return nil, nil
	}
	line, quoted := long(said)
	if !strings.HasSuffix(cut(e.Title.Fr, mostTitle), line.Fr) { // else the title says it
		e.Lines = append(e.Lines, line)
	}
	e.Quote = quoted
	if at := monitor.at(); at != "" {
		e.Lines = append(e.Lines, ops.T("checked by Uptime Kuma at %s", "vérifié par Uptime Kuma sur %s", at))
	}
	return []event{e}, nil
}

func (m kumaMonitor) facts() map[string]string {
	facts := map[string]string{}
	for _, t := range m.Tags {
		facts[t.Name] = t.Value
	}
	facts["monitor"], facts["type"], facts["host"] = m.Name, m.Type, m.Hostname
	return facts
}

// at is what the monitor looks at.
func (m kumaMonitor) at() string {
	host := oneLine(m.Hostname, mostKey)
	if host != "" && m.Port != "" {
		return host + ":" + oneLine(m.Port.String(), 10)
	}
	return first(host, place(m.URL))
}

// expires is how certificates and domains that run out are told, in the words of all versions: «[name][url] server certificate
// example.com will be expired in 7 days», «Domain name example.com will expire in 14 days».
var expires = regexp.MustCompile(`(?i)^(?:\[(.*?)\]\[.*?\] )?(?:\w+ )?(certificate|domain name)(.*?) (?:will be expired|will expire) in (-?\d{1,6}) days?`)

// fadesExpiry: the reminders come 21, 14 and 7 days before, each once, and nothing tells that it was renewed.
const fadesExpiry = 8 * 24 * time.Hour

// kumaNote is a message that belongs to no heartbeat.
func kumaNote(r request, msg string) event {
	e := event{facts: map[string]string{"monitor": "", "type": "note"}}
	said := oneLine(msg, mostLine)
	if found := expires.FindStringSubmatch(oneLine(msg, 4*mostLine)); found != nil {
		monitor, sort, of := found[1], strings.ToLower(found[2]), strings.TrimSpace(first(found[3], found[1], "?"))
		left, _ := strconv.Atoi(found[4]) // digits
		days := ops.Count{N: left, EnOne: "day", EnMany: "days", FrOne: "jour", FrMany: "jours"}
		e.Subject, e.Kind = "kuma:"+r.source+":"+key(first(monitor, of)), "expiry:"+digest(sort+of)
		e.Title = ops.T("the certificate of %s expires in %s", "le certificat de %s expire dans %s", ops.Name(oneLine(of, 60)), days)
		if sort != "certificate" {
			e.Title = ops.T("the domain %s expires in %s", "le domaine %s expire dans %s", ops.Name(oneLine(of, 60)), days)
		}
		e.facts["monitor"], e.usual, e.Fades, e.Lines = monitor, ops.Warning, fadesExpiry, []ops.Text{ops.Raw(said)}
		return e
	}
	e.Severity, e.Fades = ops.Notice, fadesTest
	e.Subject, e.Kind = "kuma:"+r.source+":note:"+digest(msg), "note"
	e.Title = ops.T("Uptime Kuma says: %s", "Uptime Kuma signale : %s", first(said, "…"))
	if strings.HasSuffix(strings.TrimSpace(msg), "Testing") {
		e.Subject, e.Kind = "kuma:"+r.source+":test", "test"
		e.Title = ops.T("Uptime Kuma’s test notification arrived", "la notification de test d’Uptime Kuma est arrivée")
		e.Lines = []ops.Text{ops.Raw(said)}
	}
	return e
}

// kumaTime reads «2026-11-23 06:13:23.150», which is UTC; what is none is the zero time, which is now.
func kumaTime(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.999", s)
	if err != nil {
		return moment(s)
	}
	return t
}
