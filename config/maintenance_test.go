package config

import (
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestReadCron(t *testing.T) {
	for s, want := range map[string]bool{
		"0 3 * * *": true, "*/15 0-6,22-23 1,15 jan-mar MON": true, "0 3 ? * 0": true, "  0\t3 * *  sun ": true, "5/10 * * * *": true,
		"": false, "* * * *": false, "0 0 3 * * *": false, "60 3 * * *": false, "0 3 0 * *": false, "0 3 * * 7": false, "@daily": false, "@every 1h": false,
		"TZ=": false, "TZ=0": false, "CRON_TZ=UTC 0 3 * * *": false, "0 3 * * mon-": false, "*-5 * * * *": false, "*/0 * * * *": false, ", * * * *": false,
		"0,,5 * * * *": false, "-1 * * * *": false, "+1 * * * *": false, "5-1 * * * *": false,
	} {
		if _, ok := readCron(s, time.UTC); ok != want {
			t.Errorf("%q: %t", s, ok)
		}
	}
}

// Windows begin by the clock of the stack's zone, whatever the zone of the time that is asked with.
func TestScheduleGoesByTheStacksClock(t *testing.T) {
	paris := zone(t, "Europe/Paris")
	s, ok := readCron("30 2 * * *", paris)
	if !ok {
		t.Fatal("it is not read")
	}
	for _, c := range []struct{ from, want time.Time }{
		{time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC), time.Date(2026, 1, 11, 2, 30, 0, 0, paris)},
		{time.Date(2026, 7, 10, 20, 0, 0, 0, zone(t, "America/New_York")), time.Date(2026, 7, 11, 2, 30, 0, 0, paris)},
		{time.Date(2026, 3, 28, 12, 0, 0, 0, paris), time.Date(2026, 3, 30, 2, 30, 0, 0, paris)}, // no 02:30 on the 29th
	} {
		if got := s.Next(c.from); !got.Equal(c.want) {
			t.Errorf("after %v comes %v, want %v", c.from, got, c.want)
		}
	}
}

func TestEndless(t *testing.T) {
	for _, c := range []struct {
		cron string
		long time.Duration
		want bool
	}{
		{"0 3 * * *", 23 * time.Hour, false}, {"0 3 * * *", 24 * time.Hour, true},
		{"0 3 * * *", 25 * time.Hour, true}, {"* * * * *", time.Minute, true}, {"*/5 0-22 * * *", time.Hour, false}, {"0 3 * * sat,sun", 24 * time.Hour, false},
		{"0 3 1 * *", 7 * 24 * time.Hour, false}, {"0 3 * * mon", 7 * 24 * time.Hour, true}, {"*/10 * * * mon-fri", time.Hour, false},
	} {
		s, ok := readCron(c.cron, zone(t, "Europe/Paris"))
		if !ok {
			t.Fatalf("%s is not read", c.cron)
		}
		if got := endless(&Maintenance{Schedule: s, For: Duration(c.long)}, zone(t, "Europe/Paris")); got != c.want {
			t.Errorf("%s for %v: %t", c.cron, c.long, got)
		}
	}
}

// No text makes the parser panic or a schedule that is never found, in any zone.
func FuzzCron(f *testing.F) {
	for _, s := range []string{"0 3 * * *", "TZ=", "TZ=0", "CRON_TZ=Mars 0 3 * * *", "@every 1h", ", 3 * * *", "0 3 29 2 *", "0 3 30 2 *", "*/99 */99 */99 */9 */9", "? ? ? ? ?"} {
		f.Add(s)
	}
	zones := []*time.Location{time.UTC, zone(f, "Europe/Paris"), zone(f, "America/Sao_Paulo"), zone(f, "Asia/Beirut")}
	f.Fuzz(func(t *testing.T, s string) {
		for _, z := range zones {
			schedule, ok := readCron(s, z)
			if !ok {
				continue
			}
			from := someDay(z)
			if next := schedule.Next(from); !next.IsZero() && !next.After(from) {
				t.Errorf("%q: after %v comes %v", s, from, next)
			}
		}
	})
}
