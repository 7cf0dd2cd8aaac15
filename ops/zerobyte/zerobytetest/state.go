package zerobytetest

import (
	"slices"
	"time"
)

// State is what a server has.
type State struct {
	Jobs         []*Job
	Volumes      []*Volume
	Repositories []*Repository
	Snapshots    []*Snapshot
	Tasks        []*Task
	Folders      []string         // absolute, on its machine
	Files        map[string]int64 // in every snapshot: sizes by path
	Restore      string           // how restores end: "" well, or why not
	RestoreTakes time.Duration
	Down         bool // it answers 502
}

// A Job is a backup schedule. The names of its volume and repository lead to them.
type Job struct {
	ID                       int
	ShortID                  string
	Name, Volume, Repository string
	Enabled                  bool
	Cron                     string
	Keep                     map[string]any // as retentionPolicy; nil is null
	Status, Error            string
	Last, Next               time.Time
	// Takes is how long its runs take and Ends how they end: "success", "warning", "error: why", or "never" for one that
	// is not even begun. Bytes is the size of its snapshots; none at all if it is below 0.
	Takes time.Duration
	Ends  string
	Bytes int64

	began time.Time
	task  *Task
}

// A Volume is a place that is backed up.
type Volume struct {
	ID               int
	ShortID          string
	Name, Type, Path string
	Status, Error    string
	Files            map[string]int64 // sizes by name, at its top
}

// A Repository is a place with snapshots.
type Repository struct {
	ID, ShortID, Name, Type, Status, Error string
}

// A Snapshot is one backup.
type Snapshot struct {
	ID         string
	Repository string // its name
	At         time.Time
	Bytes      int64
	Tags       []string
}

// A Task is something under way, or over.
type Task struct {
	ID, Kind, Status string
	Began            time.Time
	Takes            time.Duration
	Warning, Error   string
	target           string
	files            int
}

// Job is a job of the state, by its name.
func (st *State) Job(name string) *Job {
	return st.Jobs[slices.IndexFunc(st.Jobs, func(j *Job) bool { return j.Name == name })]
}

// Volume is a volume of the state, by its name.
func (st *State) Volume(name string) *Volume {
	return st.Volumes[slices.IndexFunc(st.Volumes, func(v *Volume) bool { return v.Name == name })]
}
