package litellm

import (
	"math"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

// noon is a Thursday; what day it is matters to nobody.
var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// ledger makes a book in which each hour of the last days cost what usd says, and the running one its part of that.
func ledger(now time.Time, days int, usd func(h hour) float64) *book {
	b := newBook()
	for h := hourOf(now); h >= (dayOf(now) - day(days)).first(); h-- {
		o := newBucket()
		if v := usd(h) * min(1, now.Sub(h.time()).Hours()); v > 0 {
			o.Lines[line{Provider: "openrouter", Alias: "glm-5", Key: keyHash(1)}] = sum{v, 10, 1000}
		}
		b.Hours[h] = o
	}
	return b
}

func TestForecast(t *testing.T) {
	steady := func(an float64) func(hour) float64 { return func(hour) float64 { return an } }
	today := func(an float64) func(hour) float64 {
		return func(h hour) float64 {
			if h.day() == dayOf(noon) {
				return an
			}
			return 0
		}
	}
	for _, c := range []struct {
		name  string
		book  *book
		now   time.Time
		limit float64
		full  string // "" is not before the day ends
		early bool
	}{
		{"2.50 of 4 at half past twelve", ledger(noon.Add(30*time.Minute), 0, steady(0.2)), noon.Add(30 * time.Minute), 4, "20:00", true},
		{"lasts the day", ledger(noon.Add(30*time.Minute), 0, steady(0.1)), noon.Add(30 * time.Minute), 5, "", false},
		{"ends just before midnight: no reason to warn", ledger(noon.Add(30*time.Minute), 0, steady(0.2)), noon.Add(30 * time.Minute), 4.7, "23:30", false},
		{"five minutes into the day, nothing spent yet", ledger(noon.Add(-715*time.Minute), 1, steady(0.5)), noon.Add(-715 * time.Minute), 20, "", false},
		{"the day has hardly begun", ledger(noon.Add(-630*time.Minute), 1, today(0.5)), noon.Add(-630 * time.Minute), 6, "19:00", false},
		{"one burst is no rate", ledger(noon.Add(30*time.Minute), 0, func(h hour) float64 {
			if h == hourOf(noon) {
				return 2
			}
			return 0
		}), noon.Add(30 * time.Minute), 5, "", false},
		{"nothing is known of the hour before", &book{Hours: map[hour]*bucket{hourOf(noon): newBucket()}}, noon, 5, "", false},
		{"used up", ledger(noon.Add(30*time.Minute), 0, steady(0.5)), noon.Add(30 * time.Minute), 5, "12:30", false},
	} {
		sd := c.book.stand(allowance{Provider: "openrouter", USD: c.limit, Days: 1}, c.now)
		got := ""
		if !sd.Full.IsZero() {
			got = sd.Full.Format("15:04")
		}
		if got != c.full {
			t.Errorf("%s: full at %q, want %q (%+v)", c.name, got, c.full, sd)
		}
		if early := sd.early(Thresholds{70, 90, 100}, false); early != c.early {
			t.Errorf("%s: an early warning is %v", c.name, early)
		}
	}
}

// What a budget of several days forgets at midnight is not forecast, and all its days count.
func TestLongBudget(t *testing.T) {
	b := ledger(noon, 6, func(h hour) float64 { return 0.1 })
	sd := b.stand(allowance{Provider: "openrouter", USD: 20, Days: 3}, noon)
	if want := 0.1 * (24 + 24 + 12); math.Abs(sd.Spent-want) > 1e-9 || !sd.Full.IsZero() || sd.Rate != 0 {
		t.Errorf("%+v, want %v spent and no forecast", sd, want)
	}
	if other := b.stand(allowance{Provider: "openai", USD: 20, Days: 3}, noon); other.Spent != 0 {
		t.Errorf("openai is charged %v", other.Spent)
	}
	if all := b.stand(allowance{USD: 20, Days: 1}, noon); math.Abs(all.Spent-1.2) > 1e-9 {
		t.Errorf("the global budget counts %v", all.Spent)
	}
}

func TestThresholds(t *testing.T) {
	for _, c := range []struct {
		percent       float64
		before, after int
	}{
		{0, 0, 0}, {69.9, 0, 0}, {70, 0, 1}, {89.9, 1, 1}, {90, 1, 2}, {100, 2, 3}, {250, 0, 3},
		{68, 1, 1}, {66.9, 1, 0}, {88, 2, 2}, {86.9, 2, 1}, {98, 3, 3}, {96, 3, 2}, {1, 3, 0},
	} {
		if got := (Thresholds{70, 90, 100}).level(c.percent, c.before); got != c.after {
			t.Errorf("at %v %%, having been at %d: %d, want %d", c.percent, c.before, got, c.after)
		}
	}
}

func TestAnomaly(t *testing.T) {
	hours := func(now, before float64, past ...float64) *book {
		b := ledger(noon.Add(59*time.Minute), 8, func(h hour) float64 {
			switch back := hourOf(noon) - h; {
			case back == 0:
				return now
			case back == 1:
				return before
			case back%24 == 0 && int(back/24) <= len(past):
				return past[back/24-1]
			case back%24 == 1 && int(back/24) <= len(past):
				return past[back/24-1]
			}
			return 0.01
		})
		return b
	}
	for _, c := range []struct {
		name string
		book *book
		hour int // how many hours back; -1 is none
	}{
		{"as always", hours(0.2, 0.2, 0.2, 0.21, 0.19, 0.2, 0.22, 0.2, 0.2), -1},
		{"ten times as much", hours(2, 0.2, 0.2, 0.21, 0.19, 0.2, 0.22, 0.2, 0.2), 0},
		{"it was in the hour before, and is over", hours(0.2, 2, 0.2, 0.21, 0.19, 0.2, 0.22, 0.2, 0.2), 1},
		{"ten times as much, but cents", hours(0.3, 0, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03), -1},
		{"one wild day does not make it usual", hours(2, 0.2, 0.2, 9, 0.19, 0.2, 0.22, 0.2, 0.2), 0},
		{"that hour varies widely", hours(2, 0.2, 0.1, 1.5, 0.2, 2.2, 0.9, 1.8, 0.4), -1},
		{"never spent in that hour before", hours(0.6, 0), 0},
	} {
		a, found := c.book.anomaly(noon.Add(59*time.Minute), 0.5)
		if found != (c.hour >= 0) || found && hourOf(noon)-a.Hour != hour(c.hour) {
			t.Errorf("%s: %v %+v", c.name, found, a)
		}
	}
	if a, found := ledger(noon, 2, func(h hour) float64 { return float64(h - hourOf(noon) + 60) }).anomaly(noon, 0.5); found {
		t.Errorf("two days are no measure: %+v", a)
	}
}

func TestMoneyAndNumbers(t *testing.T) {
	for u, want := range map[usd]string{0: "0.00 $", 0.0001: "<0.01 $", 0.0049: "<0.01 $", 0.005: "0.01 $", 3.96: "3.96 $", 3.955: "3.96 $", 999.99: "999.99 $",
		1234.4: "1\u202f234 $", 1234567: "1\u202f234\u202f567 $", -0.001: "0.00 $"} {
		if u.String() != want {
			t.Errorf("%v is %q, want %q", float64(u), u, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1204: "1\u202f204", 12_345: "12 k", 999_499: "999 k", 999_999: "1 M", 3_140_000: "3.14 M", 2_500_000_000: "2.5 G"} {
		if got := short(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestScale(t *testing.T) {
	for most, want := range map[float64][3]any{0: {0.0120, 3, ""}, 0.43: {0.5, 5, "%.1f"}, 1: {1.5, 3, "%.1f"}, 3.96: {5.0, 5, "%.0f"}, 0.07: {0.08, 4, "%.2f"}, 118: {150.0, 3, "%.0f"}} {
		top, steps, format := scale(most)
		if most > 0 && (math.Abs(top-want[0].(float64)) > 1e-9 || steps != want[1].(int) || format != want[2].(string)) || top < most || steps > 5 {
			t.Errorf("%v: up to %v in %d steps as %s", most, top, steps, format)
		}
	}
}

// A key is never kept or shown in plain, whatever LiteLLM stored.
func TestKeys(t *testing.T) {
	b := newBook()
	b.Names[keyHash(7)] = "n8n"
	for key, want := range map[string]string{
		"": "no key", keyHash(7): "n8n", keyHash(0xabc): "key 00000000", healthName: "health checks", "litellm_proxy_master_key": "litellm_proxy_master_key",
	} {
		if got := b.nameKey(keyOf(key)).In(ops.English); got != want {
			t.Errorf("%q is called %q, want %q", key, got, want)
		}
	}
	for _, plain := range []string{"sk-1234567890abcdef", "my-own-secret", "litellm-1234secret", "hashed-jwt-x"} {
		if kept := keyOf(plain); strings.Contains(kept, plain) || !hashed.MatchString(kept) {
			t.Errorf("%q is kept as %q", plain, kept)
		}
	}
	if got := lineOf("", "", "openrouter/z-ai/glm\x1b[31m-5\x02", "").Provider + " " + lineOf("", "", "openrouter/z-ai/glm\x1b[31m-5\x02", "").Model; got != "openrouter openrouter/z-ai/glm-5" {
		t.Errorf("a name out of the database comes as %q", got)
	}
	if long := cut(strings.Repeat("é", 500)); len([]rune(long)) != longest {
		t.Errorf("a name of 500 is kept with %d", len([]rune(long)))
	}
}

// What is older than a week is kept by the day, and adds up to the same; what is older than 61 days is dropped.
func TestTidy(t *testing.T) {
	b := ledger(noon, 70, func(hour) float64 { return 0.25 })
	from := (dayOf(noon) - dayDays).time()
	before := b.total(from, noon.Add(time.Hour), nil)
	b.tidy(noon)
	if after := b.total(from, noon.Add(time.Hour), nil); math.Abs(after.USD-before.USD) > 1e-9 || after.Calls != before.Calls {
		t.Errorf("%+v became %+v", before, after)
	}
	if len(b.Hours) != 8*24+13 || len(b.Days) != dayDays-hourDays || b.since(noon) != dayOf(noon)-dayDays {
		t.Errorf("%d hours, %d days, known since %v", len(b.Hours), len(b.Days), b.since(noon).time())
	}
	delete(b.Hours, hourOf(noon)-30)
	if got := b.since(noon); got != dayOf(noon) {
		t.Errorf("with an hour of yesterday missing, all is known since %v", got.time())
	}
}

// Where callers make up keys or tags, memory stays bounded, and providers stay exact.
func TestTrim(t *testing.T) {
	b := newBucket()
	for n := range 3 * mostLines {
		b.Lines[line{Provider: "openai", Alias: "gpt", Key: keyHash(n)}] = sum{float64(n), 1, 1}
		b.Tags[keyHash(n)] = sum{float64(n), 1, 1}
	}
	all := sum{}
	for _, s := range b.Lines {
		all = all.plus(s)
	}
	b.trim()
	if len(b.Lines) > mostLines || len(b.Tags) > mostTags {
		t.Errorf("%d lines and %d tags are left", len(b.Lines), len(b.Tags))
	}
	after, tags := sum{}, sum{}
	for _, s := range b.Lines {
		after = after.plus(s)
	}
	for _, s := range b.Tags {
		tags = tags.plus(s)
	}
	if after != all || tags != all || b.Lines[line{Provider: "openai", Alias: "gpt", Key: keyHash(3*mostLines - 1)}].Calls != 1 {
		t.Errorf("%+v became %+v, by tag %+v", all, after, tags)
	}
}
