package backup

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests

	"vigie/ops"
)

var paris = must(time.LoadLocation("Europe/Paris"))

func day(s string) time.Time { return must(time.Parse("2006-01-02T15:04Z07:00", s)) }

// nightly is a whole backup each night at 02:55 UTC, for so many nights up to end.
func nightly(end time.Time, nights int) (list []Point) {
	for i := range nights {
		at := end.AddDate(0, 0, -i)
		list = append(list, Point{Name: at.Format("2006-01-02"), At: at, Holds: []string{"redis"}})
	}
	return list
}

func keptNames(kept map[string][]ops.Text) string {
	return strings.Join(slices.Sorted(maps.Keys(kept)), " ")
}

func TestKeep(t *testing.T) {
	end := day("2026-08-14T02:55Z")
	at := end.Add(6 * time.Hour)
	gfs := Retention{Daily: 7, Weekly: 4, Monthly: 6, Yearly: 2}
	for _, c := range []struct {
		name   string
		r      Retention
		points []Point
		want   string
	}{
		{"none", gfs, nil, ""},
		{"two years of nights", gfs, nightly(end, 800), "2025-12-31 2026-03-31 2026-04-30 2026-05-31 2026-06-30 2026-07-26 2026-07-31 2026-08-02 2026-08-08 2026-08-09 2026-08-10 2026-08-11 2026-08-12 2026-08-13 2026-08-14"},
		{"only days", Retention{Daily: 4}, nightly(end, 30), "2026-08-11 2026-08-12 2026-08-13 2026-08-14"},
		{"fewer days than three: the young stay", Retention{Daily: 1}, nightly(end, 30), "2026-08-12 2026-08-13 2026-08-14"},
		{"days without a backup do not count", Retention{Daily: 3}, []Point{
			{Name: "a", At: end.AddDate(0, 0, -400), Holds: []string{"redis"}}, {Name: "b", At: end.AddDate(0, 0, -90), Holds: []string{"redis"}},
			{Name: "c", At: end.AddDate(0, 0, -30), Holds: []string{"redis"}}, {Name: "d", At: end.AddDate(0, 0, -20), Holds: []string{"redis"}}}, "b c d"},
		{"nothing was ever read back", Retention{Daily: 1}, []Point{{Name: "a", At: end.AddDate(0, 0, -90)}, {Name: "b", At: end.AddDate(0, 0, -60)}, {Name: "c", At: end}}, "a b c"},
		{"the newest copy of each item, and the newest proof", Retention{Daily: 1}, []Point{
			{Name: "proof", At: end.AddDate(0, 0, -90), Holds: []string{"n8n", "redis"}, Proves: []string{"n8n"}},
			{Name: "redis", At: end.AddDate(0, 0, -60), Holds: []string{"redis", "n8n"}},
			{Name: "gone", At: end.AddDate(0, 0, -50), Partial: true, Holds: []string{"n8n"}},
			{Name: "new", At: end, Partial: true, Holds: []string{"n8n"}}}, "new proof redis"},
		{"of one day, a whole one before a partial one", Retention{Daily: 2}, []Point{
			{Name: "whole", At: end.AddDate(0, 0, -10), Holds: []string{"x"}}, {Name: "later", At: end.AddDate(0, 0, -10).Add(time.Hour), Partial: true, Holds: []string{"x"}},
			{Name: "new", At: end, Holds: []string{"x"}}}, "new whole"},
		{"from the future", Retention{Daily: 1}, []Point{{Name: "odd", At: end.AddDate(1, 0, 0), Holds: []string{"x"}}, {Name: "odder", At: end.AddDate(2, 0, 0), Holds: []string{"x"}},
			{Name: "now", At: end, Holds: []string{"x"}}, {Name: "old", At: end.AddDate(0, 0, -20), Holds: []string{"x"}}}, "now odd odder"},
	} {
		t.Run(c.name, func(t *testing.T) { want(t, keptNames(c.r.Keep(c.points, at, time.UTC)), c.want) })
	}
}

// A day is a day of the zone, also those of 23 and 25 hours.
func TestKeepZones(t *testing.T) {
	one := Retention{Daily: 2}
	at := day("2026-12-01T00:00Z")
	mk := func(times ...string) (list []Point) {
		for _, s := range times {
			list = append(list, Point{Name: s, At: day(s), Holds: []string{"x"}})
		}
		return list
	}
	// 25 October 2026 has 25 hours in Paris: from 22:00 to 23:00 UTC of the next day.
	long := mk("2026-10-24T21:59Z", "2026-10-24T22:00Z", "2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T22:59Z")
	want(t, keptNames(one.Keep(long, at, paris)), "2026-10-24T21:59Z 2026-10-25T22:59Z")
	want(t, keptNames(one.Keep(long, at, time.UTC)), "2026-10-24T22:00Z 2026-10-25T22:59Z")
	// 29 March 2026 has 23.
	short := mk("2026-03-28T22:59Z", "2026-03-28T23:00Z", "2026-03-29T00:59Z", "2026-03-29T01:00Z", "2026-03-29T21:59Z", "2026-03-29T22:00Z")
	want(t, keptNames(one.Keep(short, at, paris)), "2026-03-29T21:59Z 2026-03-29T22:00Z")
}

// What holds for any history: see Retention.Keep.
func TestKeepProperties(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	zones := []*time.Location{time.UTC, paris, must(time.LoadLocation("America/Sao_Paulo")), must(time.LoadLocation("Pacific/Apia"))}
	for range 1000 {
		r := Retention{rnd.IntN(9), rnd.IntN(5), rnd.IntN(7), rnd.IntN(3)}
		at := time.Unix(1_500_000_000+rnd.Int64N(300_000_000), 0).UTC()
		points := history(rnd, at)
		zone := zones[rnd.IntN(len(zones))]
		checkKeep(t, r, points, at, zone)
	}
}

func history(rnd *rand.Rand, at time.Time) (points []Point) {
	for i := range rnd.IntN(60) {
		p := Point{Name: fmt.Sprint(i), At: at.Add(-time.Duration(rnd.Int64N(int64(900 * 24 * time.Hour)))), Partial: rnd.IntN(4) == 0}
		if rnd.IntN(20) == 0 {
			p.At = at.Add(time.Duration(rnd.IntN(1000)) * time.Hour)
		}
		for _, name := range []string{"a", "b", "c"} {
			if rnd.IntN(3) > 0 {
				p.Holds = append(p.Holds, name)
			}
			if rnd.IntN(9) == 0 {
				p.Proves = append(p.Proves, name)
			}
		}
		points = append(points, p)
	}
	return points
}

func checkKeep(t *testing.T, r Retention, points []Point, at time.Time, zone *time.Location) {
	t.Helper()
	kept := r.Keep(points, at, zone)
	var left []Point
	newest := map[string]Point{}
	for _, p := range points {
		stays := kept[p.Name] != nil
		if stays {
			left = append(left, p)
		}
		if at.Sub(p.At) < young && !stays {
			t.Fatalf("%+v goes, and is young", p)
		}
		for _, what := range append(append([]string{"newest"}, p.Holds...), prefixed("proof of ", p.Proves)...) {
			if n, ok := newest[what]; !ok || p.At.After(n.At) {
				newest[what] = p
			}
		}
	}
	for what, p := range newest {
		if kept[p.Name] == nil {
			t.Fatalf("%+v goes, and is the newest %s", p, what)
		}
	}
	if again := r.Keep(left, at, zone); keptNames(again) != keptNames(kept) {
		t.Fatalf("of what it kept (%s) it keeps only %s", keptNames(kept), keptNames(again))
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	mixed := slices.Clone(points)
	rnd.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	if other := r.Keep(mixed, at, zone); keptNames(other) != keptNames(kept) {
		t.Fatalf("in another order it keeps %s, not %s", keptNames(other), keptNames(kept))
	}
	more := Retention{r.Daily + 1, r.Weekly + 1, r.Monthly + 1, r.Yearly + 1}.Keep(points, at, zone)
	for name := range kept {
		if more[name] == nil {
			t.Fatalf("keeping more, %s goes", name)
		}
	}
}

func prefixed(with string, list []string) (out []string) {
	for _, s := range list {
		out = append(out, with+s)
	}
	return out
}

func FuzzKeep(f *testing.F) {
	f.Add(uint64(1), 7, 4, 6, 2)
	f.Fuzz(func(t *testing.T, seed uint64, d, w, m, y int) {
		r := Retention{d, w, m, y}
		if r.check() != nil {
			return
		}
		rnd := rand.New(rand.NewPCG(seed, 0))
		at := time.Unix(1_500_000_000+rnd.Int64N(300_000_000), 0).UTC()
		checkKeep(t, r, history(rnd, at), at, paris)
	})
}
