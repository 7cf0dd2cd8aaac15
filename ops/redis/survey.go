package redis

import (
	"context"
	"errors"
	"path"

	"vigie/ops"
)

// A survey is how things are before anything is done.
type survey struct {
	state
	id       string   // of the container
	down     bool     // it does not answer
	dump     FileInfo // the dump file, if there is one
	manifest FileInfo // of the append-only directory, if there is one
	odd      string   // one of them that is a link, a directory or a device
	free     int64    // bytes on the disk; -1 if that cannot be told
}

// survey looks at the server and its files. A server that does not answer is no reason to fail: a damaged file is what keeps
// it from starting.
func (s *System) survey(ctx context.Context) (v survey, err error) {
	if v.id, err = s.o.Server.ID(ctx); err != nil {
		return v, err
	}
	if v.down, err = s.state(ctx, &v.state); err != nil {
		return v, err
	}
	if v.down {
		v.state = state{dir: s.o.Dir, file: "dump.rdb", aofDir: "appendonlydir", aofName: "appendonly.aof"}
	}
	st := s.store(v.dir)
	defer st.close()
	for name, info := range map[string]*FileInfo{v.file: &v.dump, v.manifestName(): &v.manifest} {
		seen, found, err := exists(ctx, st, name)
		if err != nil {
			return v, dataError(err)
		}
		if *info = seen; found && !seen.there() {
			v.odd = name
		}
	}
	if v.down {
		v.aof = v.manifest.there() // only a server that uses one makes one
	}
	if v.free, err = st.free(ctx); err != nil && v.down {
		v.free, err = -1, nil
	}
	return v, dataError(err)
}

// state asks the server for its state, and reports whether nothing answers. It is an error if it answers and refuses.
func (s *System) state(ctx context.Context, st *state) (down bool, err error) {
	running, err := s.o.Server.Running(ctx)
	if err != nil || !running {
		return true, err
	}
	if *st, err = s.look(ctx); err == nil {
		return false, nil
	}
	if errors.Is(err, errSilent) || ops.KindOf(err) == ops.Failed {
		return true, nil // nothing listens, or nothing can be run in its container
	}
	// It may have ended just now, or end again and again.
	if still, failed := s.o.Server.Running(ctx); failed == nil && !still {
		return true, nil
	}
	return false, err
}

// manifestName is the file that names the parts of the append-only file, below the data directory.
func (s state) manifestName() string {
	dir, name := s.aofDir, s.aofName
	if dir == "" {
		dir = "appendonlydir"
	}
	if name == "" {
		name = "appendonly.aof"
	}
	return path.Join(dir, name+".manifest")
}
