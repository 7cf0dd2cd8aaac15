package postgres

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// A line of a world: what it is about, and its name=value pairs.
type fakeLine struct {
	name  string
	pairs map[string]string
	rest  []string // pairs in the order they stand, as name and value
	flags []string
}

func parseLine(words []string) (l fakeLine) {
	l.name, l.pairs = words[0], map[string]string{}
	for _, w := range words[1:] {
		if k, v, ok := strings.Cut(w, "="); ok {
			l.pairs[k] = v
			l.rest = append(l.rest, k, v)
		} else {
			l.flags = append(l.flags, w)
		}
	}
	return l
}

// size reads «412M»; age «3h», as long ago.
func (l fakeLine) size(key string) int64 {
	s := l.pairs[key]
	unit := map[byte]float64{'k': 1e3, 'M': 1e6, 'G': 1e9}
	if s == "" {
		return 0
	}
	factor, ok := unit[s[len(s)-1]]
	if ok {
		s = s[:len(s)-1]
	}
	n, _ := strconv.ParseFloat(s, 64)
	return int64(n * cmp.Or(factor, 1))
}

func (l fakeLine) ago(key string) time.Time {
	if d, err := ops.ParseSpan(l.pairs[key]); err == nil && l.pairs[key] != "" {
		return time.Now().Add(-d).UTC()
	}
	return time.Time{}
}

func (f *Fake) line(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("too few words")
	}
	l := parseLine(words[1:])
	switch words[0] {
	case "server":
		f.about.Version = l.name
		if free := l.size("free"); free > 0 {
			f.room.Data, f.room.Folder = free, free
		}
	case "role":
		f.roles = append(f.roles, l.name)
	case "database":
		owner := cmp.Or(l.pairs["owner"], l.name)
		if !slices.Contains(f.roles, owner) {
			f.roles = append(f.roles, owner)
		}
		f.add(Database{Name: l.name, Owner: owner, Size: cmp.Or(l.size("size"), 8e6), Encoding: "UTF8", Provider: "icu", Locale: "fr-FR", Tablespace: "pg_default"})
	case "table":
		d := f.find(l.name)
		if d == nil || len(l.flags) != 1 {
			return fmt.Errorf("a table is: table DATABASE NAME rows=…")
		}
		t := Table{Name: l.flags[0], Rows: l.size("rows"), Fresh: l.size("fresh"), Newest: l.ago("newest")}
		t.Timed = !t.Newest.IsZero()
		d.tables = append(d.tables, t)
	case "session":
		f.sessions[l.name] = append(f.sessions[l.name], Session{User: l.pairs["user"], App: l.pairs["app"], From: l.pairs["from"], Count: max(1, int(l.size("count")))})
	case "dump":
		f.dumpLine(l)
	default:
		return fmt.Errorf("no such thing in a world")
	}
	return nil
}

func (f *Fake) add(d Database) *fakeDatabase {
	f.oid += 8
	d.OID, d.Open = f.oid, true
	made := &fakeDatabase{Database: d}
	f.all = append(f.all, made)
	return made
}

func (f *Fake) dumpLine(l fakeLine) {
	database, made, ours := named(l.name, nil, time.UTC)
	d := &fakeDump{File: File{Path: Folder + "/" + l.name, Name: l.name, Database: database, Size: cmp.Or(l.size("size"), 1e6), Made: made, Modified: made, Ours: ours}, newest: l.ago("newest")}
	if made.IsZero() {
		d.Made, d.Modified = time.Now().UTC(), time.Now().UTC()
	}
	owner := database
	if live := f.find(database); live != nil {
		owner = live.Owner
	}
	d.Contents = Contents{SHA256: sumOf(l.name), Format: Format(cmp.Or(l.pairs["format"], string(Custom))), Database: cmp.Or(l.pairs["of"], database), Version: f.about.Version,
		Rows: map[string]int64{}, Owners: []string{cmp.Or(l.pairs["owner"], owner)}, Text: 2 * d.Size}
	for i := 0; i < len(l.rest); i += 2 {
		if n, err := strconv.ParseInt(l.rest[i+1], 10, 64); err == nil && l.rest[i] != "size" {
			d.Contents.Rows[l.rest[i]] = n
			d.Contents.Tables = append(d.Contents.Tables, l.rest[i])
		}
	}
	slices.Sort(d.Contents.Tables)
	if slices.Contains(l.flags, "torn") {
		d.bad = ops.T("does not read back whole: it is cut off or damaged (%s)", "ne se relit pas en entier : il est tronqué ou abîmé (%s)", "could not read from input file: end of file")
	}
	f.dumps = append(f.dumps, d)
}

func sumOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// contentsOf is what a dump of d holds.
func contentsOf(name, database string, d *fakeDatabase) Contents {
	c := Contents{SHA256: sumOf(fmt.Sprint(name, d.OID, d.tables)), Format: Custom, Database: database, Version: "15.18", Rows: map[string]int64{}, Owners: []string{d.Owner}, Text: 2 * d.Size}
	for _, t := range d.tables {
		c.Rows[t.Name] = t.Rows
		c.Tables = append(c.Tables, t.Name)
	}
	slices.Sort(c.Tables)
	return c
}

// Do changes the world from outside:
//
//	n8n-20260814_025501.dump replaced
//	postgresql goes away | postgresql is back
//	next load fails | next swap is lost        or any other call
//	n8n writes 5 execution_entity
func (f *Fake) Do(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	words := strings.Fields(what)
	switch {
	case what == "postgresql goes away", what == "postgresql is back":
		f.gone = strings.HasSuffix(what, "away")
		return nil
	case len(words) >= 3 && words[0] == "next":
		f.trouble[words[1]] = strings.Join(words[2:], " ")
		return nil
	case len(words) == 2 && words[1] == "replaced":
		if d := f.dump(Folder + "/" + words[0]); d != nil {
			d.SHA256, d.Modified = sumOf(d.SHA256), time.Now().UTC()
			return nil
		}
	case len(words) == 4 && words[1] == "writes":
		n, err := strconv.ParseInt(words[2], 10, 64)
		if d := f.find(words[0]); d != nil && err == nil {
			for i := range d.tables {
				if t := &d.tables[i]; t.Name == words[3] {
					t.Rows, t.Fresh, t.Newest, t.Timed = t.Rows+n, t.Fresh+n, time.Now().UTC(), true
					return nil
				}
			}
		}
	}
	return fmt.Errorf("this world has no change %q", what)
}
