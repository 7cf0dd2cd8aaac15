package fresh

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

// Names of databases hold _, and the time stands behind the last -.
func TestBelongs(t *testing.T) {
	each := func(pattern, name string) target { return target{rule: &FileRule{Pattern: pattern}, each: name} }
	const pg = "/b/{name}-*.dump"
	for _, c := range []struct {
		file string
		of   target
		want bool
	}{
		{"/b/n8n-20260814_025501.dump", each(pg, "n8n"), true},
		{"/b/plane_production-20260814_025501.dump", each(pg, "plane_production"), true},
		{"/b/n8n-test-20260814_025501.dump", each(pg, "n8n"), false},
		{"/b/n8n-test-20260814_025501.dump", each(pg, "n8n-test"), true},
		{"/b/n8n-2-2026-08-14.dump", each(pg, "n8n"), false},
		{"/b/n8n-2026-08-14T02-55-01.dump", each(pg, "n8n"), true},
		{"/b/n8n-latest.dump", each(pg, "n8n"), true},
		{"/b/vpai-n8n-20260814.sql.gz", each("/b/vpai-{name}-*.sql.gz", "n8n"), true},
		{"/b/vpai-n8n-2-20260814.sql.gz", each("/b/vpai-{name}-*.sql.gz", "n8n"), false},
		{"/b/n8n/full-20260814.dump", each("/b/{name}/*.dump", "n8n"), true},
		{"/b/n8n.full-20260814.dump", each("/b/{name}.full-*.dump", "n8n"), true},
	} {
		before, digits := stamp(c.file)
		if got := belongs(before, digits, c.of); got != c.want {
			t.Errorf("%s is of %s: %v", c.file, c.of.each, got)
		}
	}
}

func TestStamps(t *testing.T) {
	for file, want := range map[string]string{
		"n8n-20260814_025501.dump": "n8n- 20260814025501", "/x/dashboards-20260814_025501": "dashboards- 20260814025501", "a-2026-08-14.gz": "a- 20260814",
		"a.2026-08-14T02:55.gz": "a. 202608140255", "2025-01-01-of-20260814.gz": "2025-01-01-of- 20260814", "latest.dump": "latest.dump ", "v20261399.dump": "v20261399.dump ",
		"a-20260814025501.dump": "a- 20260814025501",
	} {
		if before, digits := stamp(file); before+" "+digits != want {
			t.Errorf("%s: %q %q, want %q", file, before, digits, want)
		}
	}
	at := time.Date(2026, 8, 14, 3, 0, 0, 0, time.UTC)
	list := []match{{"12", 1, at, "20260812025501"}, {"14", 2, at.Add(-time.Hour), "20260814025501"}, {"13", 3, at.Add(-24 * time.Hour), "20260813025501"}}
	if newestFirst(list); list[0].size != 2 || list[2].size != 1 {
		t.Errorf("an old file that was copied today is the newest: %v", list)
	}
	list = append(list, match{"latest", 4, at.Add(-time.Minute), ""})
	if newestFirst(list); list[0].size != 1 || list[1].size != 4 {
		t.Errorf("where not all have a time in their names: %v", list)
	}
}

func sizesOf(apart time.Duration, mb ...int64) (list []size) {
	at := time.Date(2026, 8, 1, 3, 0, 0, 0, time.UTC)
	for _, s := range mb {
		list = append(list, size{at, s * 1e6})
		at = at.Add(apart)
	}
	return list
}

func TestUsual(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		what  string
		sizes []size
		base  int64 // MB
		ok    bool
	}{
		{"the first", sizesOf(day, 412), 412, true},
		{"the same", sizesOf(day, 412, 412), 412, true},
		{"at the edge", sizesOf(day, 400, 500), 400, true},
		{"over the edge", sizesOf(day, 400, 501), 400, false},
		{"shrank", sizesOf(day, 410, 412, 40), 412, false},
		{"shrank for the second time", sizesOf(day, 410, 412, 40, 41), 412, false},
		{"back again", sizesOf(day, 410, 412, 40, 41, 415), 412, true},
		{"the sixth", sizesOf(day, 412, 40, 40, 41, 42, 42, 43), 412, false},
		{"the seventh is the new usual", sizesOf(day, 412, 40, 40, 41, 42, 42, 43, 43), 43, true},
		{"and what is compared with", sizesOf(day, 412, 40, 40, 41, 42, 42, 43, 43, 80), 43, false},
		{"all over the place is never usual", sizesOf(day, 400, 10, 100, 10, 100, 10, 100, 10, 100), 400, false},
		{"hourly, as a day before", sizesOf(6*time.Hour, 100, 110, 120, 130, 124), 100, true},
		{"hourly, creeping down", sizesOf(6*time.Hour, 100, 90, 80, 72, 65), 100, false},
		{"all of one day", sizesOf(6*time.Hour, 100, 40), 100, false},
		{"weekly", sizesOf(7*day, 100, 40), 100, false},
		{"grew slowly", sizesOf(day, 100, 120, 144, 172, 206), 172, true},
	} {
		if base, ok := usual(c.sizes, 25); ok != c.ok || base.Size != c.base*1e6 {
			t.Errorf("%s: compared with %d MB, fine %v; want %d, %v", c.what, base.Size/1e6, ok, c.base, c.ok)
		}
	}
}

func TestLearn(t *testing.T) {
	at := time.Date(2026, 8, 14, 12, 0, 0, 0, time.UTC)
	ago := func(h int, mb int64) match { return match{size: mb, at: at.Add(-time.Duration(h) * time.Hour)} }
	var m memory
	if !m.learn([]match{ago(9, 4), ago(33, 3), ago(57, 0), ago(81, 1)}, 1, at) || len(m.Sizes) != 3 || m.Sizes[2].Size != 4 {
		t.Errorf("at first, all that are there and large enough: %v", m.Sizes)
	}
	if m.learn([]match{ago(9, 4)}, 1, at) {
		t.Error("the same again is learnt again")
	}
	before := m
	m.learn([]match{ago(1, 5)}, 1, at)
	m.learn([]match{{size: 6, at: at.Add(-30 * time.Second)}}, 1, at) // still growing
	if len(m.Sizes) != 4 || m.Sizes[3].Size != 5 {
		t.Errorf("then %v", m.Sizes)
	}
	m.learn([]match{{size: 7, at: at.Add(-10 * time.Minute)}}, 1, at)
	if len(m.Sizes) != 5 {
		t.Errorf("eight hours after the one before last: %v", m.Sizes)
	}
	m.learn([]match{{size: 8, at: at.Add(-5 * time.Minute)}}, 1, at)
	if len(m.Sizes) != 5 || m.Sizes[4].Size != 8 {
		t.Errorf("within six hours of it, the last is replaced: %v", m.Sizes)
	}
	if len(before.Sizes) != 3 || before.Sizes[2].Size != 4 {
		t.Errorf("a copy changed too: %v", before.Sizes)
	}
	if m.learn([]match{ago(33, 3)}, 1, at); len(m.Sizes) != 2 {
		t.Errorf("where the newer ones are gone: %v", m.Sizes)
	}
	for h := range 500 {
		m.learn([]match{{size: 9, at: at.Add(time.Duration(h) * 7 * time.Hour)}}, 1, at.AddDate(1, 0, 0))
	}
	if len(m.Sizes) != keptMost {
		t.Errorf("%d are kept", len(m.Sizes))
	}
}

func TestJudge(t *testing.T) {
	at := time.Date(2026, 8, 14, 12, 0, 0, 0, time.UTC)
	file := func(ago time.Duration, n int64) match { return match{path: "/b/n8n-x.dump", size: n, at: at.Add(-ago)} }
	rule := &FileRule{Name: "pg", Newer: 26 * time.Hour, AtLeast: 1e6, Band: 20, Count: 2, Format: PGDump, Severity: ops.Warning}
	two := func(m match) []match { return []match{m, file(30*time.Hour, 400e6)} }
	read := func(m match, why ops.Text) reading { return reading{m.path, m.size, m.at, PGDump, "", why} }
	good := file(9*time.Hour, 412e6)
	held := []wrong{{kind: old, title: ops.Raw("old")}, {kind: broken, title: ops.Raw("broken")}}
	for _, c := range []struct {
		what string
		seen sight
		m    memory
		want []string
	}{
		{"all well", sight{matches: two(good)}, memory{Read: read(good, ops.Text{})}, nil},
		{"none", sight{}, memory{}, []string{"missing pg: there is no file"}},
		{"its mount is gone", sight{mount: "/"}, memory{Mount: "/mnt/nas"}, []string{"missing pg: nothing is mounted on /mnt/nas any more"}},
		{"too few", sight{matches: []match{good}}, memory{}, []string{"missing pg: 1 of at least 2 files are there"}},
		{"old", sight{matches: two(file(50*time.Hour+time.Minute, 412e6))}, memory{}, []string{"old pg is over 2 d old"}},
		{"empty", sight{matches: two(file(9*time.Hour, 0))}, memory{}, []string{"small pg is empty"}},
		{"small", sight{matches: two(file(9*time.Hour, 20e3))}, memory{}, []string{"small pg has only 20 kB, it should have 1 MB"}},
		{"old and small", sight{matches: two(file(30*time.Hour, 20e3))}, memory{}, []string{"old pg is over 30 h old", "small pg has only 20 kB, it should have 1 MB"}},
		{"shrank", sight{matches: two(file(9*time.Hour, 40e6))}, memory{Sizes: []size{{at.Add(-33 * time.Hour), 412e6}, {at.Add(-9 * time.Hour), 40e6}}}, []string{"band pg has 40 MB after 412 MB (-90 %)"}},
		{"grew", sight{matches: two(file(9*time.Hour, 824e6))}, memory{Sizes: []size{{at.Add(-33 * time.Hour), 412e6}, {at.Add(-9 * time.Hour), 824e6}}}, []string{"band pg has 824 MB after 412 MB (+100 %)"}},
		{"broken", sight{matches: two(good)}, memory{Read: read(good, cutOff)}, []string{"broken pg is broken: it is cut off"}},
		{"another was broken", sight{matches: two(good)}, memory{Read: read(file(33*time.Hour, 5), cutOff)}, nil},
		{"growing", sight{matches: two(file(30*time.Second, 5))}, memory{held: held}, []string{"broken broken"}},
		{"from tomorrow", sight{matches: two(file(-20*time.Hour, 20e3))}, memory{}, []string{"small pg has only 20 kB, it should have 1 MB"}},
		{"stuck", sight{err: errStuck}, memory{held: held}, []string{"unreadable pg: /b does not answer for 20 s", "old old", "broken broken"}},
	} {
		f := judge(target{id: "pg", rule: rule, pattern: "/b/n8n-*.dump"}, c.seen, c.m, at)
		var got []string
		for _, w := range f.wrongs {
			got = append(got, w.kind+" "+ops.Unmark(w.title.En))
			if w.title.Fr == "" || strings.Contains(w.title.En+w.title.Fr, "%!") {
				t.Errorf("%s: %q", c.what, w.title)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}
