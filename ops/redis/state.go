package redis

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// A state is what a server says of itself.
type state struct {
	version string
	run     string // names this life of the server: another one has another
	role    string // "master" or "slave"
	cluster bool
	loading bool
	unready error // why it does not serve: it loads its data, or refuses because it cannot save
	started time.Time

	keys, volatile map[int]int64 // by database
	memory, limit  int64         // bytes; limit is 0 if it has none
	clients        int64
	replicas       int64

	saving, rewriting  bool
	saves              int64 // how many were begun since it started; -1 if it does not count them (before 7.0)
	saved              time.Time
	saveOK             bool
	changes            int64 // since the last save
	loaded, loadedLess int64 // keys of the file that it started with: taken, and dropped because they had expired; -1 if it does not say

	aof      bool
	aofOK    bool
	dir      string // of its files
	file     string // "dump.rdb"
	aofDir   string // "appendonlydir"; "" before 7.0
	aofName  string // "appendonly.aof"
	schedule string // "60 1": when it saves by itself; "" is never
}

func (s state) total() (n int64) {
	for _, k := range s.keys {
		n += k
	}
	return n
}

// major is the first number of the version.
func (s state) major() int {
	first, _, _ := strings.Cut(s.version, ".")
	n, _ := strconv.Atoi(first)
	return n
}

// look asks the server for its state. One that loads its data still says all this.
func (s *System) look(ctx context.Context) (state, error) {
	r, err := s.ask(ctx, "INFO", "CONFIG GET append*", "CONFIG GET dir", "CONFIG GET dbfilename", "CONFIG GET save", "PING")
	if err != nil && (len(r) == 0 || slices.ContainsFunc(r[:len(r)-1], func(r string) bool { return refusal(r) != "" })) {
		return state{}, err
	}
	st := parseInfo(r[0])
	st.unready = err
	if st.version == "" {
		return state{}, s.refused(0, r[0])
	}
	settings := map[string]string{}
	for _, reply := range r[1 : len(r)-1] {
		lines := strings.Split(reply, "\n")
		if len(lines)%2 == 1 { // an empty value at the end leaves no line
			lines = append(lines, "")
		}
		for i := 0; i < len(lines); i += 2 {
			settings[lines[i]] = strings.TrimSpace(lines[i+1])
		}
	}
	st.dir, st.file, st.schedule = settings["dir"], settings["dbfilename"], settings["save"]
	st.aof, st.aofDir, st.aofName = settings["appendonly"] == "yes", settings["appenddirname"], settings["appendfilename"]
	return st, nil
}

// parseInfo reads what INFO says. What it does not say is zero.
func parseInfo(text string) state {
	fields := map[string]string{}
	st := state{keys: map[int]int64{}, volatile: map[int]int64{}}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		fields[name] = value
		if db, err := strconv.Atoi(strings.TrimPrefix(name, "db")); err == nil && strings.HasPrefix(name, "db") && db >= 0 {
			st.keys[db], st.volatile[db] = keyspace(value)
		}
	}
	n := func(name string) int64 {
		v, err := strconv.ParseInt(fields[name], 10, 64)
		if err != nil {
			return -1
		}
		return v
	}
	st.version, st.run, st.role = fields["redis_version"], fields["run_id"], fields["role"]
	st.cluster, st.loading = fields["cluster_enabled"] == "1", fields["loading"] == "1"
	if up := n("uptime_in_seconds"); up >= 0 {
		st.started = time.Now().Add(-time.Duration(up) * time.Second)
	}
	st.memory, st.limit, st.clients, st.replicas = n("used_memory"), max(n("maxmemory"), 0), n("connected_clients"), n("connected_slaves")
	st.saving, st.rewriting = fields["rdb_bgsave_in_progress"] == "1", fields["aof_rewrite_in_progress"] == "1" || fields["aof_rewrite_scheduled"] == "1"
	st.saves, st.saveOK, st.changes = n("rdb_saves"), fields["rdb_last_bgsave_status"] == "ok", n("rdb_changes_since_last_save")
	if at := n("rdb_last_save_time"); at > 0 {
		st.saved = time.Unix(at, 0)
	}
	st.loaded, st.loadedLess = n("rdb_last_load_keys_loaded"), n("rdb_last_load_keys_expired")
	st.aofOK = fields["aof_last_write_status"] == "ok" && fields["aof_last_bgrewrite_status"] == "ok"
	return st
}

// keyspace reads «keys=5003,expires=1,avg_ttl=937331».
func keyspace(value string) (keys, volatile int64) {
	for part := range strings.SplitSeq(value, ",") {
		name, number, _ := strings.Cut(part, "=")
		n, _ := strconv.ParseInt(number, 10, 64)
		switch name {
		case "keys":
			keys = n
		case "expires":
			volatile = n
		}
	}
	return keys, volatile
}

func keyCount(n int64) ops.Count {
	return ops.Count{N: int(n), EnOne: "key", EnMany: "keys", FrOne: "clé", FrMany: "clés"}
}
