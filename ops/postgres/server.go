package postgres

import (
	"context"
	"time"

	"vigie/ops"
)

// A Server is the little of PostgreSQL, and of the files that it is dumped to, that the ops here need. Errors are [*ops.Error]s:
// Unavailable where the server cannot be reached, NotFound where a database or a file is gone, Invalid where a dump is not
// whole or does not fit, Failed where it was tried and changed nothing, Unknown where nobody knows whether it took.
type Server interface {
	// About says which server this is, and that it answers.
	About(ctx context.Context) (About, error)
	// Databases lists all but the templates, ours among them.
	Databases(ctx context.Context) ([]Database, error)
	// Roles lists the names of all roles.
	Roles(ctx context.Context) ([]string, error)
	// Sessions lists who is connected to a database, our own looks left out.
	Sessions(ctx context.Context, database string) ([]Session, error)
	// Census counts every table exactly, and what is newer than since in those that say when a row was made.
	Census(ctx context.Context, database string, since time.Time) ([]Table, error)
	// Try runs a query in a database with a user's rights.
	Try(ctx context.Context, database string, p Probe) error

	// Create makes c's scratch database, empty, with the owner, encoding, locale and tablespace of c.Database. One that a try before
	// left is made anew, unless it is loaded. done reports that: there is nothing left to load.
	Create(ctx context.Context, c Copy) (done bool, err error)
	// Load restores c's dump into its scratch database, and marks it as loaded once all of it is in.
	Load(ctx context.Context, c Copy, say func(ops.Text)) error
	// Swap gives the scratch database the name of the live one, with its settings, grants, limit and comment, and keeps the live one
	// under c.Before, closed: in one transaction. Who is connected is cut off. Done before, it does nothing.
	Swap(ctx context.Context, c Copy) error
	// Unswap puts what is kept under c.Before back, from wherever Swap got to, and keeps what it takes the place of, whose name then it
	// returns. Where nothing was swapped it only opens the live database again, and returns "".
	Unswap(ctx context.Context, c Copy) (kept string, err error)
	// Overwrite restores c's dump over the live database, all or nothing, and marks it.
	Overwrite(ctx context.Context, c Copy, say func(ops.Text)) error
	// Drop removes a database that carries m's role and key, or that has our name for it and is empty. One that is gone is fine.
	Drop(ctx context.Context, database string, m Mark) error
	// Unmark takes a mark away that is no longer needed.
	Unmark(ctx context.Context, database string, m Mark) error

	// Dumps lists dump files, newest first.
	Dumps(ctx context.Context) ([]File, error)
	// Read reads a dump to its end and says what is in it. Invalid is a dump that is not whole, or not for this server.
	Read(ctx context.Context, f File, say func(ops.Text)) (Contents, error)
	// Dump writes a dump in the custom format, reads it back, and only then gives it its name; where path exists it fails.
	Dump(ctx context.Context, database, path string, say func(ops.Text)) (File, Contents, error)
	// Room says what is free: for our dumps, and where the server keeps the database, or would keep it.
	Room(ctx context.Context, database string) (Room, error)
}
