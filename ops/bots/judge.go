package bots

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// What can be wrong with a bot.
const (
	webhook = "webhook" // its updates go elsewhere than they should
	pending = "pending" // too many wait
	failing = "error"   // what they go to refused one a short while ago
	token   = "token"   // Telegram does not know it
)

// past is what earlier looks saw of one bot.
type past struct {
	waiting []int         // how many updates waited at the last looks, the newest last
	full    bool          // they were too many, and are not yet few
	told    []ops.Trouble // what was last known to be wrong with it
	since   map[string]time.Time
}

const (
	recent  = 15 * time.Minute // for so long an error counts
	growth  = 4                // for so many looks it must only have grown: a quarter of an hour
	fewest  = 5                // under so many, what grows is no jam
	settles = 5 * time.Minute  // a program that restarts leaves some waiting
	unheard = 10 * time.Minute // Telegram is away for a while now and then, and the bots cannot do without it either
)

// note remembers what was seen, and is everything that is wrong. What could not be asked is as it was.
func (s *System) note(list []look, at time.Time) (all []ops.Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range list {
		p := s.past[l.bot.Name]
		if l.err == nil {
			p.see(l, s.o.Pending)
			p.told = s.troubles(l, *p, at)
			since := map[string]time.Time{}
			for i, t := range p.told {
				since[t.Kind] = cmp.Or(t.At, p.since[t.Kind], at)
				p.told[i].At = since[t.Kind]
			}
			p.since = since
		}
		all = append(all, p.told...)
	}
	return all
}

// see notes how many updates wait. Too many are over only when half of them are gone.
func (p *past) see(l look, most int) {
	if l.revoked {
		p.waiting, p.full = nil, false
		return
	}
	p.waiting = append(slices.Clip(p.waiting), l.Pending)
	p.waiting = p.waiting[max(0, len(p.waiting)-growth):]
	p.full = l.Pending > most || p.full && l.Pending > most/2
}

// grows reports whether more wait at each look, and more than a few.
func (p past) grows() bool {
	if len(p.waiting) < growth || p.waiting[growth-1] < fewest {
		return false
	}
	for i := range growth - 1 {
		if p.waiting[i] >= p.waiting[i+1] {
			return false
		}
	}
	return true
}

// troubles is what is wrong with a bot that could be asked.
func (s *System) troubles(l look, p past, at time.Time) (list []ops.Trouble) {
	name := ops.Name(l.bot.Name)
	add := func(t ops.Trouble) {
		t.Subject, t.Offers = subject+l.bot.Name, []ops.Button{ops.AskFor(ops.T("All bots", "Tous les bots"), "bots.list")}
		list = append(list, t)
	}
	if l.revoked {
		add(ops.Trouble{Kind: token, Severity: ops.Critical, Title: ops.T("%s: Telegram does not know its token", "%s : Telegram ne connaît pas son jeton", name),
			Lines: []ops.Text{ops.T("revoked, or mistyped: whoever uses it hears and says nothing any more", "révoqué ou mal recopié : qui l’utilise n’entend et ne dit plus rien"),
				ops.T("@BotFather shows the one that is good now; put it where the bot and I read it", "@BotFather montre celui qui vaut maintenant ; mets-le là où le bot et moi le lisons")}})
		return list
	}
	if title, lines := goes(l); !title.IsZero() {
		add(ops.Trouble{Kind: webhook, Severity: ops.Critical, Wait: settles, Title: title, Lines: lines})
	}
	if p.full || p.grows() {
		t := ops.Trouble{Kind: pending, Severity: ops.Warning, Wait: settles,
			Title: ops.T("%s: %d messages wait to be taken", "%s : %d messages attendent d’être relevés", name, l.Pending),
			Lines: []ops.Text{ops.T("at the last looks: %s", "aux derniers relevés : %s", trail(p.waiting))}}
		if l.URL == "" {
			t.Lines = append(t.Lines, ops.T("it has no webhook, so a program should poll: it is down, or another one polls too (409)", "il n’a pas de webhook, un programme devrait donc interroger : il est arrêté, ou un autre interroge aussi (409)"))
		}
		add(t)
	}
	if when := time.Unix(l.ErrorDate, 0); l.Error != "" && l.URL != "" && at.Sub(when) < recent {
		add(ops.Trouble{Kind: failing, Severity: ops.Warning, At: when, Wait: settles, Quote: s.quote(l.Error, 300),
			Title: ops.T("%s: its webhook fails: %s", "%s : son webhook échoue : %s", name, s.quote(l.Error, 80)),
			Lines: []ops.Text{ops.T("it should take them at %s", "il devrait les prendre sur %s", shown(l.URL))}})
	}
	return list
}

// over is what was told and is not so any more, with how it is now.
func over(told, now []ops.Trouble, list []look) (gone []ops.Trouble) {
	for _, t := range told {
		if slices.ContainsFunc(now, func(x ops.Trouble) bool { return x.Subject == t.Subject && x.Kind == t.Kind }) {
			continue
		}
		at := slices.IndexFunc(list, func(l look) bool { return subject+l.bot.Name == t.Subject })
		if at >= 0 {
			gone = append(gone, ops.Trouble{Subject: t.Subject, Kind: t.Kind, Severity: t.Severity, Over: true, Title: list[at].state()})
		}
	}
	return gone
}

// unseen is that Telegram could not be asked.
func unseen(list []look) []ops.Trouble {
	var who []string
	var why ops.Text
	for _, l := range list {
		if l.err != nil {
			who, why = append(who, l.bot.Name), ops.SayOf(l.err)
		}
	}
	if len(who) == 0 {
		return nil
	}
	return []ops.Trouble{{Subject: blind, Kind: "blind", Severity: ops.Notice, Wait: unheard,
		Title: ops.T("I cannot see how these bots are: %s", "je ne vois pas comment vont ces bots : %s", strings.Join(who, ", ")), Lines: []ops.Text{why}}}
}
