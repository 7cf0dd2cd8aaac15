package policies

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func parseWhen(t *testing.T, days, hours string) when {
	t.Helper()
	c := &compiler{}
	words := func(s string) (w Words) {
		for _, f := range strings.Split(s, ",") {
			if f != "" {
				w = append(w, f)
			}
		}
		return w
	}
	w := c.when(Rule{Days: words(days), Hours: words(hours)})
	if len(c.problems) > 0 {
		t.Fatalf("%s %s: %s", days, hours, c.problems[0].Say.En)
	}
	return w
}

func TestWhen(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ days, hours, at, want string }{
		{"", "", "Mon 2026-03-02 00:00", "in"},
		{"mon-fri", "", "Fri 2026-03-06 23:59", "in"},
		{"mon-fri", "", "Sat 2026-03-07 00:00", "out"},
		{"monday,sat", "", "Sat 2026-03-07 10:00", "in"},
		{"fri-mon", "", "Sun 2026-03-08 10:00", "in"},
		{"fri-mon", "", "Tue 2026-03-10 10:00", "out"},
		{"sun", "", "Sun 2026-03-08 23:59", "in"},

		{"", "09:00-18:00", "Mon 2026-03-02 08:59", "out"},
		{"", "09:00-18:00", "Mon 2026-03-02 09:00", "in"},
		{"", "9:00-18:00", "Mon 2026-03-02 17:59", "in"},
		{"", "09:00-18:00", "Mon 2026-03-02 18:00", "out"},
		{"", "08:00-12:00,14:00-18:00", "Mon 2026-03-02 13:00", "out"},
		{"", "08:00-12:00,14:00-18:00", "Mon 2026-03-02 14:00", "in"},
		{"", "18:00-24:00", "Mon 2026-03-02 23:59", "in"},

		// Over midnight: the day is the one on which the night begins.
		{"", "22:00-06:00", "Mon 2026-03-02 23:00", "in"},
		{"", "22:00-06:00", "Mon 2026-03-02 05:59", "in"},
		{"", "22:00-06:00", "Mon 2026-03-02 06:00", "out"},
		{"fri", "22:00-06:00", "Fri 2026-03-06 23:00", "in"},
		{"fri", "22:00-06:00", "Sat 2026-03-07 03:00", "in"},
		{"fri", "22:00-06:00", "Fri 2026-03-06 03:00", "out"},
		{"fri", "22:00-06:00", "Sat 2026-03-07 23:00", "out"},
		{"sat", "22:00-06:00", "Sun 2026-03-08 03:00", "in"},
		{"sun", "22:00-06:00", "Mon 2026-03-09 03:00", "in"},
		{"sun", "22:00-00:00", "Mon 2026-03-09 00:00", "out"},

		// 29 March: 02:00 becomes 03:00. 25 October: 02:00-03:00 comes twice.
		{"", "02:00-03:00", "Sun 2026-03-29 01:59", "out"},
		{"", "03:00-04:00", "Sun 2026-03-29 03:00", "in"},
		{"sat", "22:00-06:00", "Sun 2026-03-29 05:30", "in"},
		{"", "02:00-03:00", "Sun 2026-10-25 02:30", "in"},
		{"sat", "22:00-06:00", "Sun 2026-10-25 06:00", "out"},
	} {
		at, err := time.ParseInLocation("Mon 2006-01-02 15:04", c.at, paris)
		if err != nil {
			t.Fatal(err)
		}
		if at.Format("Mon") != c.at[:3] {
			t.Fatalf("%s is a %s", c.at, at.Format("Mon"))
		}
		got := "out"
		if parseWhen(t, c.days, c.hours).holds(at) {
			got = "in"
		}
		if got != c.want {
			t.Errorf("days %q hours %q at %s: got %s, want %s", c.days, c.hours, c.at, got, c.want)
		}
	}
}

// In the night that has 02:30 twice, a window over it holds an hour longer; in the other one an hour less.
func TestWindowOnClockChanges(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	w := parseWhen(t, "", "22:00-06:00")
	for _, c := range []struct {
		day   time.Time
		hours int
	}{
		{time.Date(2026, 3, 28, 12, 0, 0, 0, paris), 7},
		{time.Date(2026, 10, 24, 12, 0, 0, 0, paris), 9},
		{time.Date(2026, 6, 1, 12, 0, 0, 0, paris), 8},
	} {
		minutes := 0
		for at := c.day; at.Before(c.day.Add(24 * time.Hour)); at = at.Add(time.Minute) {
			if w.holds(at) {
				minutes++
			}
		}
		if minutes != c.hours*60 {
			t.Errorf("the night of %s: %d min, want %d h", c.day.Format(time.DateOnly), minutes, c.hours)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		inner, outer [2]string
		want         bool
	}{
		{[2]string{"", ""}, [2]string{"", ""}, true},
		{[2]string{"mon", ""}, [2]string{"", ""}, true},
		{[2]string{"", ""}, [2]string{"mon", ""}, false},
		{[2]string{"", ""}, [2]string{"mon-sun", ""}, true},
		{[2]string{"mon", "10:00-11:00"}, [2]string{"mon-fri", "09:00-18:00"}, true},
		{[2]string{"sat", "10:00-11:00"}, [2]string{"mon-fri", "09:00-18:00"}, false},
		{[2]string{"", "23:00-05:00"}, [2]string{"", "22:00-06:00"}, true},
		{[2]string{"sat", "01:00-05:00"}, [2]string{"fri", "22:00-06:00"}, true},
		{[2]string{"fri", "01:00-05:00"}, [2]string{"fri", "22:00-06:00"}, false},
		{[2]string{"", "09:00-18:00"}, [2]string{"", "09:00-12:00,12:00-18:00"}, true},
	} {
		inner, outer := parseWhen(t, c.inner[0], c.inner[1]), parseWhen(t, c.outer[0], c.outer[1])
		if got := inner.within(outer); got != c.want {
			t.Errorf("%v within %v: got %t", c.inner, c.outer, got)
		}
	}
}
