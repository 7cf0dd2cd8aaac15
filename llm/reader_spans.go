package llm

import (
	"strconv"
	"strings"
	"time"
)

// A when is a length of time, or a moment, that a sentence names.
type when struct {
	from, to int // its words
	span     time.Duration
	since    time.Time // a moment: the beginning of it …
	until    time.Time // … and its end
}

// length is how long ago it began, or how long it is.
func (w when) length(now time.Time) time.Duration {
	if w.since.IsZero() {
		return w.span
	}
	return now.Sub(w.since).Round(time.Minute)
}

var units = map[string]time.Duration{}

func init() {
	for unit, list := range map[time.Duration]string{
		time.Second: "s sec secs second seconds seconde secondes", time.Minute: "m min mn mins minute minutes", time.Hour: "h hr hrs hour hours heure heures",
		24 * time.Hour: "d j day days jour jours journee", 7 * 24 * time.Hour: "w week weeks semaine semaines", 30 * 24 * time.Hour: "month months mois",
	} {
		for _, w := range strings.Fields(list) {
			units[w] = unit
		}
	}
}

var numerals = map[string]int{"one": 1, "a": 1, "an": 1, "un": 1, "une": 1, "two": 2, "deux": 2, "three": 3, "trois": 3, "four": 4, "quatre": 4, "five": 5, "cinq": 5, "ten": 10, "dix": 10, "fifteen": 15, "quinze": 15, "twenty": 20, "vingt": 20, "thirty": 30, "trente": 30, "couple": 2}

var lasts = map[string]bool{"last": true, "past": true, "derniere": true, "dernier": true}

// times finds what a sentence says about time.
func times(t *text, now time.Time) (list []when) {
	for i := 0; i < len(t.words); {
		w, n := timeAt(t.words[i:], now)
		if n == 0 {
			i++
			continue
		}
		w.from, w.to = i, i+n
		list = append(list, w)
		i += n
	}
	return list
}

func timeAt(w []word, now time.Time) (when, int) {
	if d, n := lengthAt(w); n > 0 {
		return when{span: d}, n
	}
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	at := func(n int, days, from, to int) (when, int) {
		d := day.AddDate(0, 0, -days)
		return when{since: d.Add(time.Duration(from) * time.Hour), until: d.Add(time.Duration(to) * time.Hour)}, n
	}
	two := w[0].text
	if len(w) > 1 {
		two += " " + w[1].text
	}
	switch two {
	case "last night":
		return at(2, 1, 20, 34)
	case "hier soir", "yesterday evening":
		return at(2, 1, 18, 26)
	case "this morning", "ce matin":
		return at(2, 0, 6, 12)
	case "cette nuit":
		return at(2, 0, 0, 8)
	case "this afternoon", "cet apres":
		return at(2, 0, 12, 18)
	case "half hour", "demi heure":
		return when{span: 30 * time.Minute}, 2
	}
	switch w[0].text {
	case "yesterday", "hier":
		return at(1, 1, 0, 24)
	case "today", "aujourdhui":
		return at(1, 0, 0, 24)
	case "aujourd":
		if len(w) > 1 && w[1].text == "hui" {
			return at(2, 0, 0, 24)
		}
	}
	if h, m, ok := strings.Cut(w[0].text, ":"); ok { // 14:30
		hour, err1 := strconv.Atoi(h)
		minute, err2 := strconv.Atoi(m)
		if err1 == nil && err2 == nil && hour < 24 && minute < 60 && len(m) == 2 {
			since := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
			if since.After(now) {
				since = since.AddDate(0, 0, -1)
			}
			return when{since: since, until: now}, 1
		}
	}
	return when{}, 0
}

// lengthAt reads «2h», «30 minutes», «half an hour», «an hour», «une demi-heure», «1h30».
func lengthAt(w []word) (time.Duration, int) {
	text := func(i int) string {
		if i < len(w) && w[i].clause == w[0].clause {
			return w[i].text
		}
		return ""
	}
	if text(0) == "half" && units[text(2)] == time.Hour && (text(1) == "an" || text(1) == "a") {
		return 30 * time.Minute, 3
	}
	if lasts[text(0)] && units[text(1)] > 0 && len(text(1)) > 2 {
		return units[text(1)], 2
	}
	n, ok := numerals[text(0)]
	if !ok {
		v, err := strconv.Atoi(text(0))
		if err != nil {
			return glued(text(0))
		}
		n, ok = v, true
	}
	switch {
	case n == 1 && (text(1) == "demi" || text(1) == "half") && units[text(2)] == time.Hour:
		return 30 * time.Minute, 3
	case units[text(1)] > 0 && n > 0 && n < 1000 && len(text(1)) > 0:
		return time.Duration(n) * units[text(1)], 2
	case (text(1) == "dernieres" || text(1) == "derniers" || text(1) == "last") && units[text(2)] > 0 && n > 0 && n < 1000:
		return time.Duration(n) * units[text(2)], 3
	}
	return 0, 0
}

// glued reads «2h», «30min», «3j», «1h30».
func glued(s string) (time.Duration, int) {
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits == 0 || digits > 4 {
		return 0, 0
	}
	n, _ := strconv.Atoi(s[:digits])
	unit := s[digits:]
	if rest, ok := strings.CutPrefix(unit, "h"); ok && len(rest) == 2 && isNumber(rest) {
		m, _ := strconv.Atoi(rest)
		return time.Duration(n)*time.Hour + time.Duration(m)*time.Minute, 1
	}
	if u := units[unit]; u > 0 && n > 0 {
		return time.Duration(n) * u, 1
	}
	return 0, 0
}
