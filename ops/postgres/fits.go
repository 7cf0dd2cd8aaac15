package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// keyFor names one restore: the same dump onto the same database gives the same name, and with it finds what it left.
func keyFor(sha string, parts ...any) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(sha, "\n", parts)))
	return hex.EncodeToString(sum[:4])
}

// name chooses what the copy and the kept database are called: names that no database has, but for a copy that a try before left.
func (e *evidence) name(database string) {
	var oid int64
	if e.live != nil {
		oid = e.live.OID
	}
	base := shortened(database)
	e.copy.Database, e.copy.Dump, e.copy.SHA256 = database, e.file.Path, e.found.SHA256
	for n := 0; ; n++ {
		key := keyFor(e.found.SHA256, oid, e.copy.Owner, n)
		e.copy.Key, e.copy.Scratch, e.copy.Before = key, base+"_restore_"+key, ""
		if e.live != nil {
			e.copy.Before = base + "_before_" + key
		}
		if !slices.ContainsFunc(e.all, func(d Database) bool {
			return d.Name == e.copy.Before || d.Name == e.copy.Scratch && !d.Mark.is(Scratch, key) && d.Mark != Mark{}
		}) {
			return
		}
	}
}

// safetyPath is where the safety dump goes: a name that no file has.
func (e *evidence) safetyPath() string {
	for n := 0; ; n++ {
		p := path.Join(e.room.Path, fmt.Sprintf("%s-%s%s.dump", e.copy.Database, safety, e.copy.Key))
		if n > 0 {
			p = strings.TrimSuffix(p, ".dump") + fmt.Sprintf("_%d.dump", n+1)
		}
		if !slices.ContainsFunc(e.files, func(f File) bool { return f.Path == p }) {
			return p
		}
	}
}

// needs is how much the server's disk must have for the copy, in bytes: the live database as it is, or the dump's text with indexes, and
// what the server logs of it.
func (e *evidence) needs() int64 {
	need := e.found.Text + e.found.Text/3
	if e.live != nil {
		need = max(need, e.live.Size)
	}
	return need + min(e.about.MaxWAL, e.found.Text)
}

// safetyNeeds is how much the safety dump will take: somewhat more than the newest one that is there.
func (e *evidence) safetyNeeds() int64 {
	switch {
	case e.live == nil || !e.unread.IsZero():
		return 0
	case len(e.files) == 0:
		return e.live.Size / 2
	}
	return e.files[0].Size + e.files[0].Size/5
}

// fits refuses what the disks have no room for. Where both say the same, they are taken for one.
func (e *evidence) fits() error {
	data, folder := e.needs(), e.safetyNeeds()
	if d := e.room.Data - e.room.Folder; d < e.room.Data/100 && -d < e.room.Data/100 {
		data += folder
	}
	switch {
	case data > e.room.Data:
		return noRoom(data, e.room.Data, "PostgreSQL")
	case folder > e.room.Folder:
		return noRoom(folder, e.room.Folder, e.room.Path)
	}
	return nil
}

func noRoom(need, free int64, where string) error {
	return ops.Fail(ops.Invalid, ops.T("There is no room: it takes about %s and %s has %s free. /tidy lists databases that are kept from earlier restores.",
		"Pas assez de place : il faut environ %s et %s n’a que %s libres. /tidy liste les bases gardées de restaurations précédentes.", ops.Size(need), ops.Name(where), ops.Size(free)), nil)
}

// facts is the state that the plan rests on. How large the database is and how much is free is left out: an app that works changes both
// all the time.
func (e *evidence) facts() []ops.Fact {
	fact := func(name, value string, label ops.Text) ops.Fact {
		return ops.Fact{Name: name, Value: value, Label: label}
	}
	list := []ops.Fact{
		fact("dump", e.file.Path, ops.T("dump", "dump")),
		fact("size", fmt.Sprint(e.file.Size), ops.T("size of the dump", "taille du dump")),
		fact("made", e.file.Modified.UTC().Format(time.RFC3339Nano), ops.T("time of the dump", "date du dump")),
		fact("sha256", e.found.SHA256, ops.T("contents of the dump", "contenu du dump")),
		fact("server", e.about.Version, ops.T("version of PostgreSQL", "version de PostgreSQL")),
		fact("container", e.about.Container, ops.T("PostgreSQL's container", "conteneur de PostgreSQL")),
	}
	if e.live == nil {
		list = append(list, fact("database", "none", ops.T("the database", "la base")))
	} else {
		list = append(list, fact("database", fmt.Sprintf("%s %d", e.live.Name, e.live.OID), ops.T("the database", "la base")),
			fact("owner", e.live.Owner, ops.T("its owner", "son propriétaire")),
			fact("locale", strings.Join([]string{e.live.Encoding, e.live.Provider, e.live.Locale}, " "), ops.T("its encoding and locale", "son encodage et sa locale")))
	}
	return append(list, e.pause.Facts...)
}
