package litellm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// notation is the number of the form below. What was kept in another is read again from the database.
const notation = 1

// A state is a book as [Kept] keeps it. Strings stand once, in Words; the rest names them by their place there.
type state struct {
	Notation int               `json:"v"`
	Database string            `json:"db"` // whose figures these are
	Words    []string          `json:"words"`
	Hours    map[hour]rows     `json:"hours"`
	Days     map[day]rows      `json:"days"`
	Names    map[string]string `json:"names"`
}

// rows are a bucket.
type rows struct {
	Lines []row `json:"l,omitempty"` // provider, alias, model, key, 1 for a parasite; USD, calls, tokens
	Tags  []row `json:"t,omitempty"` // tag; USD, calls, tokens
}

type row []float64

// encode writes the hours up to through, and the days. Later hours may still change, and are read again.
func (b *book) encode(database string, through hour) (json.RawMessage, error) {
	st := state{Notation: notation, Database: database, Hours: map[hour]rows{}, Days: map[day]rows{}, Names: b.Names}
	at := map[string]int{}
	word := func(s string) float64 {
		if _, known := at[s]; !known {
			at[s] = len(st.Words)
			st.Words = append(st.Words, s)
		}
		return float64(at[s])
	}
	pack := func(o *bucket) (r rows) {
		for _, l := range slices.SortedFunc(maps.Keys(o.Lines), compareLines) {
			s, parasite := o.Lines[l], 0.0
			if l.Parasite {
				parasite = 1
			}
			r.Lines = append(r.Lines, row{word(l.Provider), word(l.Alias), word(l.Model), word(l.Key), parasite, s.USD, float64(s.Calls), float64(s.Tokens)})
		}
		for _, t := range slices.Sorted(maps.Keys(o.Tags)) {
			s := o.Tags[t]
			r.Tags = append(r.Tags, row{word(t), s.USD, float64(s.Calls), float64(s.Tokens)})
		}
		return r
	}
	for _, h := range slices.Sorted(maps.Keys(b.Hours)) {
		if h <= through {
			st.Hours[h] = pack(b.Hours[h])
		}
	}
	for _, d := range slices.Sorted(maps.Keys(b.Days)) {
		st.Days[d] = pack(b.Days[d])
	}
	return json.Marshal(st)
}

func compareLines(a, b line) int {
	if a.Parasite != b.Parasite {
		if b.Parasite {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Alias, b.Alias), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Key, b.Key))
}

// decode reads what encode wrote for the same database.
func decode(raw json.RawMessage, database string) (*book, error) {
	var st state
	if err := json.Unmarshal(raw, &st); err != nil {
		return nil, fmt.Errorf("reading the figures kept of %s: %w", database, err)
	}
	if st.Notation != notation || st.Database != database {
		return nil, fmt.Errorf("the figures kept are those of %s in notation %d", st.Database, st.Notation)
	}
	b, bad := newBook(), false
	word := func(n float64) string {
		if !(n >= 0 && n < float64(len(st.Words))) {
			bad = true
			return ""
		}
		return st.Words[int(n)]
	}
	total := func(usd, calls, tokens float64) sum {
		bad = bad || math.Abs(calls) > 1e15 || math.Abs(tokens) > 1e18
		return sum{usd, int64(calls), int64(tokens)}
	}
	open := func(r rows) *bucket {
		o := newBucket()
		for _, l := range r.Lines {
			if bad = bad || len(l) != 8; !bad {
				o.Lines[line{word(l[0]), word(l[1]), word(l[2]), word(l[3]), l[4] == 1}] = total(l[5], l[6], l[7])
			}
		}
		for _, t := range r.Tags {
			if bad = bad || len(t) != 4; !bad {
				o.Tags[word(t[0])] = total(t[1], t[2], t[3])
			}
		}
		return o
	}
	for h, r := range st.Hours {
		b.Hours[h] = open(r)
	}
	for d, r := range st.Days {
		b.Days[d] = open(r)
	}
	if st.Names != nil {
		b.Names = st.Names
	}
	if bad {
		return nil, fmt.Errorf("the figures kept of %s are damaged", database)
	}
	return b, nil
}

// load asks Kept, once, for what an earlier System has read. What cannot be used is read again from the database.
func (s *System) load(ctx context.Context) {
	if s.loaded || s.Kept == nil {
		return
	}
	raw, err := s.Kept.Load(ctx)
	if err != nil {
		return // asked again at the next look
	}
	s.loaded = true
	if b, err := decode(raw, s.String()); err == nil {
		s.mu.Lock()
		s.book = b
		s.mu.Unlock()
	}
}

// save hands Kept the hours that can no longer change, and the days. That it fails costs nothing but time at the next start.
func (x *session) save(ctx context.Context) {
	if x.Kept == nil {
		return
	}
	x.mu.RLock()
	raw, err := x.book.encode(x.String(), hourOf(x.read)-openHours-1)
	x.mu.RUnlock()
	if err == nil && x.Kept.Save(ctx, raw) == nil {
		x.unsaved, x.saved = false, time.Now()
	}
}
