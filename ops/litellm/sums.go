package litellm

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// An hour is a clock hour, counted from 1970 in UTC; a day likewise.
type (
	hour int64
	day  int64
)

func hourOf(t time.Time) hour { return hour(t.Unix() / 3600) }
func dayOf(t time.Time) day   { return hourOf(t).day() }

func (h hour) time() time.Time { return time.Unix(int64(h)*3600, 0).UTC() }
func (h hour) day() day        { return day(h / 24) }
func (d day) first() hour      { return hour(d) * 24 }
func (d day) time() time.Time  { return d.first().time() }

// A line is what a call is counted under.
type line struct {
	Provider string // as LiteLLM names it: "openrouter"
	Alias    string // the model as people know it, LiteLLM's model_group
	Model    string // the provider's model
	Key      string // the hash of the key
	Parasite bool   // LiteLLM's own health check
}

// name is the model as people know it.
func (l line) name() string { return cmp.Or(l.Alias, l.Model) }

// A sum is what calls came to.
type sum struct {
	USD    float64
	Calls  int64
	Tokens int64
}

func (s sum) plus(o sum) sum { return sum{s.USD + o.USD, s.Calls + o.Calls, s.Tokens + o.Tokens} }

func (s sum) times(share float64) sum {
	if share == 1 {
		return s
	}
	return sum{s.USD * share, int64(float64(s.Calls) * share), int64(float64(s.Tokens) * share)}
}

// A bucket is what was spent in one hour or day. A call with several tags counts under each, so Tags add up to more than Lines;
// what has none stands under "".
type bucket struct {
	Lines map[line]sum
	Tags  map[string]sum
}

func newBucket() *bucket { return &bucket{map[line]sum{}, map[string]sum{}} }

func (b *bucket) add(o *bucket) {
	for l, s := range o.Lines {
		b.Lines[l] = b.Lines[l].plus(s)
	}
	for t, s := range o.Tags {
		b.Tags[t] = b.Tags[t].plus(s)
	}
}

func (b *bucket) calls() (n int64) {
	for _, s := range b.Lines {
		n += s.Calls
	}
	return n
}

const (
	// others stands for keys and tags that were too many to keep apart.
	others = "…"
	// mostLines and mostTags are how many one bucket keeps apart: it bounds memory where callers make up keys and tags.
	mostLines = 2000
	mostTags  = 60
)

// trim lumps together the keys and tags that spend least, where there are too many. Providers and models stay exact.
func (b *bucket) trim() {
	if len(b.Lines) > mostLines {
		order := slices.SortedFunc(maps.Keys(b.Lines), func(x, y line) int { return cmp.Compare(b.Lines[y].USD, b.Lines[x].USD) })
		for _, l := range order[mostLines/2:] {
			s := b.Lines[l]
			delete(b.Lines, l)
			l.Key = others
			b.Lines[l] = b.Lines[l].plus(s)
		}
	}
	if len(b.Tags) > mostTags {
		order := slices.SortedFunc(maps.Keys(b.Tags), func(x, y string) int {
			return cmp.Or(cmp.Compare(b.Tags[y].USD, b.Tags[x].USD), cmp.Compare(x, y))
		})
		for _, t := range order[mostTags-1:] {
			s := b.Tags[t]
			delete(b.Tags, t)
			b.Tags[others] = b.Tags[others].plus(s)
		}
	}
}
