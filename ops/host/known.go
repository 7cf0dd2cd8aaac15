package host

import (
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// Known is what is remembered of one machine. What is exported goes into the watcher's mark, and outlives the bot.
type known struct {
	Boot     string        `json:"boot,omitempty"`
	Uptime   time.Duration `json:"uptime,omitempty"`
	At       time.Time     `json:"at,omitzero"`    // when it was last read
	Boots    []time.Time   `json:"boots,omitzero"` // those seen in the last day
	Blind    time.Time     `json:"blind,omitzero"` // since when it cannot be read
	Standing ledger        `json:"standing,omitempty"`

	last   Reading
	growth growth
	shares *shares
	looked bool // it was read since the bot started
	told   map[string]telling
}

const (
	// clockSlack is what an uptime may be off by: the source's and our clock, and what a look takes.
	clockSlack = 2 * time.Minute
	bootWindow = 24 * time.Hour
	manyBoots  = 3
)

// rebooted reports whether the machine was started again since it was last read. Where the source names the boot, that decides.
// Else its uptime must have gone back, or be too short for the time that passed; a start time by the clock would not do, since
// that moves when the clock is set, as it is on a machine without a battery shortly after each start.
func (k *known) rebooted(r Reading) bool {
	if k.At.IsZero() || r.Uptime == 0 {
		return false
	}
	if k.Boot != "" && r.Boot != "" {
		return k.Boot != r.Boot
	}
	passed := r.At.Sub(k.At)
	return r.Uptime < k.Uptime || r.Uptime <= passed+clockSlack && r.Uptime+clockSlack < k.Uptime+passed
}

// note remembers a reading, and returns the trouble of a reboot if there was one.
func (k *known) note(m *machine, r Reading) (list []ops.Trouble) {
	if k.rebooted(r) {
		list = append(list, k.reboot(m, r))
	}
	k.Boot, k.Uptime, k.At = r.Boot, r.Uptime, r.At
	k.growth.add(r)
	k.last, k.looked = r, true
	return list
}

func (k *known) reboot(m *machine, r Reading) ops.Trouble {
	started := r.At.Add(-r.Uptime)
	k.Boots = append(slices.DeleteFunc(k.Boots, func(b time.Time) bool { return r.At.Sub(b) > bootWindow }), started)
	t := ops.Trouble{Subject: "host:" + m.Name, Kind: "rebooted", Severity: ops.Notice, At: started, Fades: time.Hour,
		Title: ops.T("%s rebooted", "%s a redémarré", ops.Name(m.Name)),
		Lines: []ops.Text{ops.T("last seen %s before it was up again; journalctl -b -1 -e there shows how it ended", "vu pour la dernière fois %s avant son retour ; là-bas, journalctl -b -1 -e montre la fin",
			ops.Span(max(started.Sub(k.At), 0).Truncate(time.Second)))},
		Offers: []ops.Button{ops.AskFor(ops.Raw(m.Name+" ▸"), "host.show", "host", m.Name)}}
	if n := len(k.Boots); n >= manyBoots {
		t.Severity, t.Fades = ops.Warning, bootWindow
		t.Title = ops.T("%s rebooted %d times in 24 h", "%s a redémarré %d fois en 24 h", ops.Name(m.Name), n)
	}
	return t
}

// blind is the trouble of not being able to read m, because of err.
func (k *known) blind(m *machine, err error, at time.Time) ops.Trouble {
	if k.Blind.IsZero() {
		k.Blind = at
	}
	return ops.Trouble{Subject: "watch:host:" + m.Name, Kind: "blind", Severity: ops.Warning, At: k.Blind, Wait: 2 * time.Minute,
		Title:  m.names(phrase(ops.SayOf(err)), ops.T("%s is out of sight: %s", "%s est hors de vue : %s", ops.Name(m.Name), ops.SayOf(err))),
		Lines:  []ops.Text{ops.T("its disks, memory and load are unknown until it is read again", "ses disques, sa mémoire et sa charge sont inconnus d’ici là")},
		Offers: []ops.Button{ops.AskFor(ops.Raw(m.Name+" ▸"), "host.show", "host", m.Name)}}
}

// phrase is a sentence without its stop: more follows it on the same line.
func phrase(t ops.Text) ops.Text {
	t.En, t.Fr = strings.TrimSuffix(t.En, "."), strings.TrimSuffix(t.Fr, ".")
	return t
}

// sees is the end of that trouble.
func (k *known) sees(m *machine, at time.Time) ops.Trouble {
	k.Blind = time.Time{}
	return ops.Trouble{Subject: "watch:host:" + m.Name, Kind: "blind", Severity: ops.Warning, Over: true, At: at,
		Title: ops.T("%s can be read again", "%s est de nouveau visible", ops.Name(m.Name))}
}

// A telling is a trouble as it was told, and when.
type telling struct {
	ops.Trouble
	when time.Time
}

// retell is how long a trouble stands as told while only its figures waver.
const retell = 2 * time.Minute

// fresh sorts out what was not told so before, and remembers it as told.
func (k *known) fresh(list []ops.Trouble, now time.Time) (news []ops.Trouble) {
	if k.told == nil {
		k.told = map[string]telling{}
	}
	for _, t := range list {
		old, ok := k.told[key(t)]
		same := t.Over || old.Severity == t.Severity && len(old.Lines) == len(t.Lines) && (old.Title == t.Title || now.Sub(old.when) < retell)
		if ok && old.Over == t.Over && same {
			continue
		}
		k.told[key(t)] = telling{t, now}
		news = append(news, t)
	}
	return news
}

// gone are the ends of what was told of disks that are no longer there.
func (k *known) gone(m *machine, list []ops.Trouble, at time.Time) (news []ops.Trouble) {
	for name, t := range k.told {
		if t.Over || !isDisk(m.Name, t.Trouble) || slices.ContainsFunc(list, func(o ops.Trouble) bool { return o.Subject == t.Subject }) {
			continue
		}
		mount := t.Subject[len("disk:"+m.Name+":"):]
		end := ops.Trouble{Subject: t.Subject, Kind: t.Kind, Severity: t.Severity, Over: true, At: at,
			Title: ops.T("%s: %s is no longer mounted", "%s : %s n’est plus monté", ops.Name(m.Name), ops.Name(mount))}
		k.told[name] = telling{end, at}
		news = append(news, end)
	}
	return news
}
