package postgres

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// A Fake is a server with dumps, in memory. It passes the suite that the real one passes (realtest), and takes its time by the clock, so
// that a test's bubble can hold it.
//
// Its world is lines of text:
//
//	server 15.18 free=31G
//	role reader
//	database n8n size=430M owner=n8n
//	table n8n execution_entity rows=11440 fresh=38 newest=2m       so many rows; of those, so many newer than any dump; the newest, so long ago
//	dump n8n-20260814_025501.dump size=412M execution_entity=11402 workflow_entity=61 newest=6h
//	dump n8n-20260813_025501.dump size=411M torn                    or: of=litellm  owner=bob  format=plain
//	session n8n user=n8n app=n8n from=172.20.2.5 count=3
type Fake struct {
	mu       sync.Mutex // guards all below; never held while time passes
	about    About
	room     Room
	oid      int64
	roles    []string
	all      []*fakeDatabase
	dumps    []*fakeDump
	sessions map[string][]Session
	trouble  map[string]string // what happens to the next call, by its name
	gone     bool              // the server does not answer
	calls    []string
}

type fakeDatabase struct {
	Database
	tables []Table
	was    Mark // before it was kept
}

type fakeDump struct {
	File
	Contents
	newest time.Time
	bad    ops.Text
}

// Folder is where a Fake's dumps are.
const Folder = "/opt/javisi/backups/pg_dump"

// NewFake reads a world.
func NewFake(world string) (*Fake, error) {
	f := &Fake{about: About{Container: "5c1d2e3f4a5b", Version: "15.18", Super: true, MaxWAL: 1 << 30}, room: Room{Data: 31e9, Folder: 31e9, Path: Folder},
		oid: 16384, roles: []string{"postgres"}, sessions: map[string][]Session{}, trouble: map[string]string{}}
	for line := range strings.Lines(world) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := f.line(words); err != nil {
			return nil, fmt.Errorf("%q: %w", strings.TrimSpace(line), err)
		}
	}
	return f, nil
}

// System operates the fake.
func (f *Fake) System(o Options) *System {
	o.Dumps = []string{Folder + "/*.dump"}
	return Over(f, o)
}

// Calls are the changes that were asked for, in order.
func (f *Fake) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// begin notes a call that changes something, lets it take its time, and says if it is to go wrong. The caller holds mu afterwards unless
// there is an error.
func (f *Fake) begin(ctx context.Context, call, what string, takes time.Duration) error {
	f.mu.Lock()
	f.calls = append(f.calls, call+" "+what)
	trouble := f.trouble[call]
	delete(f.trouble, call)
	f.mu.Unlock()
	if err := pass(ctx, takes); err != nil {
		return err
	}
	switch trouble {
	case "fails":
		return ops.Fail(ops.Failed, ops.T("PostgreSQL says: «%s»", "PostgreSQL dit : « %s »", "out of memory"), nil)
	case "is lost":
		return ops.Fail(ops.Unknown, ops.T("PostgreSQL was told and did not answer: it may or may not have happened.", "PostgreSQL a reçu l’ordre et n’a pas répondu : c’est peut-être fait, peut-être pas."), nil)
	}
	return f.look()
}

// look locks the fake for a look at it, if it answers.
func (f *Fake) look() error {
	f.mu.Lock()
	if f.gone {
		f.mu.Unlock()
		return ops.Fail(ops.Unavailable, away, nil)
	}
	return nil
}

func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (f *Fake) find(name string) *fakeDatabase {
	if i := slices.IndexFunc(f.all, func(d *fakeDatabase) bool { return d.Name == name }); i >= 0 {
		return f.all[i]
	}
	return nil
}

func (f *Fake) About(context.Context) (About, error) {
	if err := f.look(); err != nil {
		return About{}, err
	}
	defer f.mu.Unlock()
	return f.about, nil
}

func (f *Fake) Databases(context.Context) (list []Database, err error) {
	if err := f.look(); err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	for _, d := range f.all {
		list = append(list, d.Database)
	}
	slices.SortFunc(list, func(a, b Database) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (f *Fake) Roles(context.Context) ([]string, error) {
	if err := f.look(); err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	return slices.Clone(f.roles), nil
}

func (f *Fake) Sessions(_ context.Context, database string) ([]Session, error) {
	if err := f.look(); err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	return slices.Clone(f.sessions[database]), nil
}

func (f *Fake) Census(_ context.Context, database string, since time.Time) ([]Table, error) {
	if err := f.look(); err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	d := f.find(database)
	switch {
	case d == nil:
		return nil, noDatabase(database)
	case !d.Open:
		return nil, ops.Fail(ops.Failed, ops.T("%s takes no connections", "%s n’accepte pas de connexions", ops.Name(database)), nil)
	}
	list := slices.Clone(d.tables)
	for i := range list {
		if since.IsZero() {
			list[i].Fresh = 0
		}
	}
	return list, nil
}

func (f *Fake) Try(_ context.Context, database string, p Probe) error {
	if err := f.look(); err != nil {
		return err
	}
	defer f.mu.Unlock()
	d := f.find(database)
	if d == nil || !d.Open || f.trouble["try"] != "" || p.User != "" && !slices.Contains(f.roles, p.User) {
		delete(f.trouble, "try")
		return ops.Fail(ops.Failed, ops.T("PostgreSQL says: «%s»", "PostgreSQL dit : « %s »", "permission denied for table workflow_entity"), nil)
	}
	return nil
}

func (f *Fake) Room(context.Context, string) (Room, error) {
	if err := f.look(); err != nil {
		return Room{}, err
	}
	defer f.mu.Unlock()
	return f.room, nil
}

func (f *Fake) Dumps(context.Context) (list []File, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.dumps {
		list = append(list, d.File)
	}
	slices.SortFunc(list, func(a, b File) int { return b.Made.Compare(a.Made) })
	return list, nil
}

func (f *Fake) Read(ctx context.Context, file File, _ func(ops.Text)) (Contents, error) {
	if err := f.look(); err != nil {
		return Contents{}, err
	}
	d := f.dump(file.Path)
	f.mu.Unlock()
	if d == nil {
		return Contents{}, ops.Fail(ops.NotFound, ops.T("I cannot read %s: %s", "Je ne peux pas lire %s : %s", ops.Name(file.Path), "no such file"), nil)
	}
	if err := pass(ctx, time.Duration(file.Size/200)*time.Microsecond); err != nil { // 200 MB/s
		return Contents{}, err
	}
	if !d.bad.IsZero() {
		return Contents{}, ops.Fail(ops.Invalid, ops.T("The dump %s %s.", "Le dump %s %s.", ops.Name(file.Name), d.bad), nil)
	}
	c := d.Contents
	c.Rows = maps.Clone(c.Rows)
	return c, nil
}

func (f *Fake) dump(p string) *fakeDump {
	if i := slices.IndexFunc(f.dumps, func(d *fakeDump) bool { return d.Path == p }); i >= 0 {
		return f.dumps[i]
	}
	return nil
}

func (f *Fake) Dump(ctx context.Context, database, p string, say func(ops.Text)) (File, Contents, error) {
	f.mu.Lock()
	var size int64
	if d := f.find(database); d != nil {
		size = d.Size
	}
	f.mu.Unlock()
	if err := f.begin(ctx, "dump", path.Base(p), time.Duration(size/12)*time.Microsecond); err != nil { // 12 MB/s
		return File{}, Contents{}, err
	}
	defer f.mu.Unlock()
	live := f.find(database)
	switch {
	case f.dump(p) != nil:
		return File{}, Contents{}, ops.Fail(ops.Failed, ops.T("%s is there already; I overwrite no dump", "%s existe déjà ; je n’écrase aucun dump", ops.Name(p)), nil)
	case live == nil:
		return File{}, Contents{}, noDatabase(database)
	}
	d := &fakeDump{File: File{Path: p, Name: path.Base(p), Database: database, Size: size * 24 / 25, Modified: time.Now().UTC(), Made: time.Now().UTC()}}
	_, _, d.Ours = named(d.Name, nil, time.UTC)
	d.Contents = contentsOf(d.Name, database, live)
	for _, t := range live.tables {
		if t.Newest.After(d.newest) {
			d.newest = t.Newest
		}
	}
	f.dumps = append(f.dumps, d)
	return d.File, d.Contents, nil
}
