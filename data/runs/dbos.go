package runs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	_ "github.com/dbos-inc/dbos-transact-golang/dbos/driver/sqlite" // DBOS on the SQLite driver that the store uses
	"github.com/jackc/pgx/v5/pgxpool"

	"vigie/data"
	"vigie/data/postgres"
	"vigie/data/sqlite"
	"vigie/ops"
)

const (
	// workflow is the name of the one workflow function. What it does with a run that is under way is
	// recorded step by step, so it is never changed: a different one gets another name beside it.
	workflow = "run.v1"
	// version is that of the application, as DBOS sees it: a run is only taken up by the same one.
	version = "1"
	// startup is how long the engine may take to make its tables.
	startup = 30 * time.Second
	// ending is how long the engine gets to stop its own loops.
	ending = 10 * time.Second
)

// Options are what a [DBOS] can be told.
type Options struct {
	Log *slog.Logger // silent if nil
	// Executor names this process among those that share a database. It must be the same after a restart:
	// runs that were under way are taken up under it. The default does for one process a database.
	Executor string
}

// DBOS is a runner whose runs outlive the process. Each run is a workflow in the store's database, and each
// advance one of its recorded steps: what was recorded is not called again, what was under way when the
// process died is. So steps happen at least once, and it is for advance to see that one had begun.
type DBOS struct {
	gate   *gate
	root   dbos.Context
	starts sync.WaitGroup // of Starts whose callers may have left

	once     sync.Once // guards closeErr
	closeErr error
}

var _ ops.Runner = (*DBOS)(nil)

// NewDBOS makes a runner in the database of store, over connections of its own.
func NewDBOS(ctx context.Context, store *data.Store, o Options) (*DBOS, error) {
	d := &DBOS{gate: newGate(o.Log)}
	if o.Executor == "" {
		o.Executor = "vigie"
	}
	config := dbos.Config{
		AppName: "vigie", ApplicationVersion: version, ExecutorID: o.Executor,
		Logger: d.gate.log, SystemDBStartupTimeout: startup,
	}
	var err error
	if config.SQLiteSystemDB, config.SystemDBPool, err = connect(ctx, store.Options()); err != nil {
		return nil, fmt.Errorf("opening the workflow engine's database: %w", err)
	}
	// Not ctx itself: when it ends, DBOS would cancel all runs for good.
	if d.root, err = dbos.NewContext(context.WithoutCancel(ctx), config); err != nil {
		if config.SQLiteSystemDB != nil {
			err = errors.Join(err, config.SQLiteSystemDB.Close())
		} else {
			config.SystemDBPool.Close()
		}
		return nil, fmt.Errorf("starting the workflow engine: %w", err)
	}
	if v, e := d.root.GetApplicationVersion(), d.root.GetExecutorID(); v != version || e != o.Executor {
		return nil, errors.Join(fmt.Errorf("the environment sets DBOS__APPVERSION or DBOS__VMID (%s, %s), with which runs under way would be lost: unset them", v, e),
			dbos.Shutdown(d.root, ending))
	}
	dbos.RegisterWorkflow(d.root, d.run, dbos.WithWorkflowName(workflow), dbos.WithMaxRecoveryAttempts(0)) // 0: as often as it takes
	return d, nil
}

func connect(ctx context.Context, o data.Options) (*sql.DB, *pgxpool.Pool, error) {
	if o.DSN != "" {
		pool, err := postgres.Engine(ctx, o.DSN)
		return nil, pool, err
	}
	file, err := sqlite.At(o.Path)
	if err != nil {
		return nil, nil, err
	}
	db, err := file.Engine()
	return db, nil, err
}

// Launch implements [ops.Runner].
func (d *DBOS) Launch(ctx context.Context, advance ops.Advance) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.gate.launch(advance); err != nil {
		return err
	}
	if err := dbos.Launch(d.root); err != nil {
		return fmt.Errorf("launching the workflow engine: %w", err)
	}
	return nil
}

// input is what a run's workflow is durably given. Fields may be added, never renamed.
type input struct {
	ID   string          `json:"id"`
	Plan json.RawMessage `json:"plan"`
}

// Start implements [ops.Runner]. If ctx ends meanwhile, the run may have been started or may yet be.
func (d *DBOS) Start(ctx context.Context, id string, plan json.RawMessage) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if id == "" {
		return errors.New("a run needs an id")
	}
	if err := d.gate.enter(); err != nil {
		return err
	}
	started := make(chan error, 1)
	d.starts.Go(func() { // Close waits for it
		defer d.gate.leave()
		_, err := dbos.RunWorkflow(d.root, d.run, input{ID: id, Plan: plan}, dbos.WithWorkflowID(id))
		started <- err
	})
	select {
	case err := <-started:
		if err != nil {
			return fmt.Errorf("starting run %s: %w", id, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("starting run %s: %w", id, ctx.Err())
	}
}

// run is the workflow. It must always do the same from the same input and the same recorded steps.
func (d *DBOS) run(ctx dbos.Context, in input) (string, error) {
	for n := 0; ; n++ {
		if d.gate.enter() != nil {
			<-ctx.Done() // leaves the run under way, for the next Launch; returning would end it
			return "", ctx.Err()
		}
		more, err := dbos.RunAsStep(ctx, func(context.Context) (bool, error) {
			return d.gate.call(in.ID, n)
		}, dbos.WithStepName("advance"))
		d.gate.leave()
		if engineFailed(err) {
			d.gate.log.Error("a step's end could not be recorded", "run", in.ID, "step", n, "error", err)
			return "", d.again(ctx, in.ID, err)
		}
		if err != nil {
			d.gate.log.Error("a run ended early", "run", in.ID, "step", n, "error", err)
		}
		if err != nil || !more {
			return "", err
		}
	}
}

// engineFailed tells that DBOS could not read or write (a full disk, a lost connection) from that the step
// itself failed, or that the run is somebody else's by now.
func engineFailed(err error) bool {
	var e *dbos.Error
	return errors.As(err, &e) && e.Code == dbos.ErrorCodeStepExecution && !errors.Is(err, dbos.ErrConflictingWorkflowID)
}

// again puts a run whose step could not be recorded back in line, as soon as the database lets it: the step
// is then called again, as after a crash. Without this, the run would stand still until the next start.
func (d *DBOS) again(ctx dbos.Context, id string, failure error) error {
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, 30*time.Second) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		if _, err := dbos.ResumeWorkflow[string](d.root, id); err == nil {
			return failure // recorded nowhere: the run is not this execution's any more
		}
	}
}

// Close implements [ops.Runner]. Runs that have steps left stay under way, for the next Launch.
func (d *DBOS) Close(ctx context.Context) error {
	d.once.Do(func() {
		waited := d.gate.close(ctx)
		patience := ending
		if waited != nil {
			patience = 100 * time.Millisecond // it has been long enough
		} else {
			d.starts.Wait()
		}
		if err := dbos.Shutdown(d.root, patience); err != nil && waited == nil {
			waited = fmt.Errorf("stopping the workflow engine: %w", err)
		}
		d.closeErr = waited
	})
	return d.closeErr
}
