package config

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	for s, want := range map[string]Clock{
		"23:00-07:00": {1380, 420}, "9:05 - 18:00": {545, 1080}, "00:00-24:00": {0, 1440}, "22:00-00:00": {1320, 0},
		"24:00-07:00": {}, "07:00-07:00": {}, "23:60-07:00": {}, "23-7": {}, "": {}, "23:00-07:00-08:00": {}, "25:00-07:00": {}, "07:00-24:01": {}, "-1:00-07:00": {},
	} {
		var c Clock
		if ok := c.read(s); ok != (want != Clock{}) || c != want {
			t.Errorf("%q is %+v %t, want %+v", s, c, ok, want)
		}
		var again Clock
		if want != (Clock{}) && (!again.read(c.String()) || again != c) {
			t.Errorf("%q becomes %q, which is %+v", s, c, again)
		}
	}
}

func TestClockHolds(t *testing.T) {
	night, day, evening := Clock{1380, 420}, Clock{540, 1080}, Clock{1320, 0}
	for _, v := range []struct {
		c      Clock
		hour   int
		minute int
		want   bool
	}{
		{night, 22, 59, false}, {night, 23, 0, true}, {night, 0, 0, true}, {night, 6, 59, true}, {night, 7, 0, false}, {night, 12, 0, false},
		{day, 8, 59, false}, {day, 9, 0, true}, {day, 18, 0, false}, {evening, 23, 59, true}, {evening, 0, 0, false}, {Clock{}, 0, 0, false}, {Clock{0, 1440}, 23, 59, true},
	} {
		if got := v.c.Holds(time.Date(2026, 1, 1, v.hour, v.minute, 30, 0, time.UTC)); got != v.want {
			t.Errorf("%s at %d:%02d: %t", v.c, v.hour, v.minute, got)
		}
	}
}

func TestSize(t *testing.T) {
	for s, want := range map[string]Size{
		"1MB": 1e6, "1.5 mb": 15e5, "500kB": 5e5, "2GiB": 2 << 30, "1B": 1, "1TB": 1e12, "1KiB": 1024,
		"": 0, "1": 0, "MB": 0, "-1MB": 0, "0MB": 0, "0.1B": 0, "1e3MB": 0, "1 Mo": 0, "9999TB": 0, "1,5MB": 0, "1MBB": 0,
	} {
		var got Size
		if ok := got.read(s); ok != (want > 0) || got != want {
			t.Errorf("%q is %d %t, want %d", s, got, ok, want)
		}
	}
}

// What is written down is read as the same.
func FuzzNotations(f *testing.F) {
	for _, s := range []string{"23:00-07:00", "1.5MB", "3GiB", "off", "7d", "999999999999999B", "0.000001MB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var size, size2 Size
		if size.read(s) && (!size2.read(size.String()) || size != size2) {
			t.Errorf("%q is %d, and %s is %d", s, size, size, size2)
		}
		var clock, clock2 Clock
		if clock.read(s) && (!clock2.read(clock.String()) || clock != clock2) {
			t.Errorf("%q is %s and then %s", s, clock, clock2)
		}
		var span, span2 Interval
		if span.read(s) {
			text, err := span.MarshalText()
			if err != nil || !span2.read(string(text)) || span != span2 {
				t.Errorf("%q is %d, and %s is %d: %v", s, span, text, span2, err)
			}
		}
	})
}

func TestBrief(t *testing.T) {
	for want, d := range map[string]time.Duration{"1s": time.Second, "90s": 90 * time.Second, "1m": time.Minute, "24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour, "0s": 0, "10ms": 10 * time.Millisecond, "25h": 25 * time.Hour} {
		if got := brief(Duration(d)); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}
