// Package litellm tells what a LiteLLM proxy spends, read from its PostgreSQL.
//
// # Where the figures come from
//
// LiteLLM writes one row of "LiteLLM_SpendLogs" at the end of each call. Nobody can add up ten million of them at each look,
// so the sums of each UTC hour are kept, by provider, model and key, and by tag; a look reads only what may have changed:
//
//   - the hour that runs and the two before it, at each look. Their sums are replaced, never added to: a row is written when
//     its call ends, minutes after its startTime, and would be missed by whoever only asks for rows newer than the newest;
//   - the 26 hours before those, once an hour, for rows that LiteLLM had to hold back (its queue, a database that was away);
//   - anything else once. Whole days, back to 62, come out of "LiteLLM_DailyUserSpend" and "LiteLLM_DailyTagSpend" in one statement
//     each, in milliseconds. Then the nine newest are read from the log by the hour, newest first, an index range at a time,
//     sized so that a statement takes about a second: only hours tell what is usual. Days that those tables do not have, or
//     have not yet, are read from the log too.
//
// Measured on ten million rows in 30 days (7 GB), on two shared cores: today and yesterday are there after 0.9 s, everything after 7 s,
// after 41 s without the daily tables; a refresh (30 000 rows) takes 70 ms; /costs 30 ms, nearly all of it the picture. The plain
// SQL by model takes 0.2 s for 24 hours, 0.8 s for 7 days, 2.4 s for all. See BenchmarkCosts.
//
// What was read is handed to [Kept] when an hour closes, and read back at the next start: then only what is missing is read.
//
// # Days
//
// A day is a UTC day, because LiteLLM's daily tables and its global budget count so.
package litellm

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"vigie/ops"
)

// Options are what a [System] is made with. Zero values mean what each field says.
type Options struct {
	// DSN reaches LiteLLM's database: a URL or keywords, as libpq takes them. A role that may only SELECT suffices. It is secret.
	DSN string
	// Daily are budgets in USD a UTC day by LiteLLM's name of the provider ("openrouter"), Global is one for everything, 0 none.
	// They take the place of what LiteLLM's own configuration says.
	Daily  map[string]float64
	Global float64
	// Thresholds are when a budget is told of, in percent; zero is 70, 90 and 100.
	Thresholds Thresholds
	// ConfigFile is LiteLLM's config.yaml, if it can be read here: for the budgets in it, and for what is wrong with them.
	ConfigFile string
	// Zone is where times of the day are said for; nil is UTC.
	Zone *time.Location
	// Every is how often the watcher looks; 0 is every minute.
	Every time.Duration
	// Kept keeps what was read; nil is nobody, then every start reads it all again.
	Kept Kept
	// HealthChecks is how many of LiteLLM's own health checks an hour are too many, even if they cost nothing; 0 is 60, which
	// is one a minute.
	HealthChecks int
	// AnomalyFloor is the least that an hour must cost, in USD, before it is called unusual; 0 is 0.50.
	AnomalyFloor float64
}

// Thresholds are shares of a budget in percent: from Notice on it is to be known, from Warning on it is at risk, from Critical on it
// is used up.
type Thresholds struct{ Notice, Warning, Critical float64 }

// Kept keeps what a [System] has read, so that the next one need not read it again. It is a cache: what is lost costs time only.
type Kept interface {
	// Load returns what was saved last, nil if nothing was.
	Load(ctx context.Context) (json.RawMessage, error)
	// Save takes the place of what was saved before. It is called once an hour, and every 20 s while the history is being
	// read for the first time; what it is given is under 2 MB on a stack with 40 models and 20 keys.
	Save(ctx context.Context, state json.RawMessage) error
}

// A System is one LiteLLM proxy, as its database knows it. It keeps no connection open between looks.
type System struct {
	Options
	db *pgx.ConnConfig

	turn chan struct{} // held while the database is read: one at a time

	// Whoever has the turn may use these.
	loaded   bool         // Kept was asked
	named    hour         // the hour in which the keys' names were asked for
	span     hour         // how many hours of the log one statement of the fill reads
	unsummed map[day]bool // days that LiteLLM's own sums know nothing of, though the log does
	unsaved  bool         // Kept lacks something
	saved    time.Time    // when Kept last got it

	mu     sync.RWMutex // guards what follows
	book   *book
	fine   bool       // the newest days are known by the hour, as far as that can be
	late   hour       // the hour in which late rows were looked for
	read   time.Time  // when the running hours were read last
	trying *ops.Error // why the last try failed, nil if it did not
	lacks  []ops.Text // what the database does not tell, in words
}

var set ops.Set[*System]

// Bind returns every op in this package, operating s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

// New makes a System; it does not connect. The only error is a DSN that cannot be read; it does not quote it.
func New(o Options) (*System, error) {
	db, err := pgx.ParseConfig(o.DSN)
	if err != nil { // err quotes the DSN
		return nil, ops.Fail(ops.Invalid, ops.T("LiteLLM's database address cannot be read: it is like postgres://reader:PASSWORD@postgresql:5432/litellm",
			"l’adresse de la base de LiteLLM est illisible : elle est de la forme postgres://lecteur:MOT_DE_PASSE@postgresql:5432/litellm"), nil)
	}
	if db.RuntimeParams == nil {
		db.RuntimeParams = map[string]string{}
	}
	db.RuntimeParams["application_name"] = "vigie"
	if db.ConnectTimeout == 0 {
		db.ConnectTimeout = 5 * time.Second
	}
	db.DefaultQueryExecMode = pgx.QueryExecModeExec // no prepared statements: a pooler may stand between
	if o.Thresholds == (Thresholds{}) {
		o.Thresholds = Thresholds{70, 90, 100}
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Every == 0 {
		o.Every = time.Minute
	}
	if o.HealthChecks == 0 {
		o.HealthChecks = 60
	}
	if o.AnomalyFloor == 0 {
		o.AnomalyFloor = 0.50
	}
	return &System{Options: o, db: db, turn: make(chan struct{}, 1), span: 6, unsummed: map[day]bool{}, book: newBook()}, nil
}

// String says which database it is, without the password.
func (s *System) String() string { return s.db.Database + " on " + s.db.Host }

// GoString is String: printing a System in any way must not print its DSN.
func (s *System) GoString() string { return s.String() }
