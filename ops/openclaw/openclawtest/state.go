package openclawtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// state is what a program remembers from one call to the next, as OpenClaw does in its home.
type state struct {
	Old                               bool
	Owner                             string
	Requests, Pending, Paired, Agents []map[string]any
	Models                            []map[string]any
}

// Load is the program that Save left at path; found is false where there is none.
func Load(path string) (p *Program, found bool, err error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return New(), false, nil
	}
	if err != nil {
		return nil, false, err
	}
	var s state
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, false, fmt.Errorf("%s: %w", path, err)
	}
	for _, r := range s.Requests {
		at, err := time.Parse(time.RFC3339, fmt.Sprint(r["createdAt"]))
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", path, err)
		}
		r["createdAt"] = at
	}
	return &Program{Old: s.Old, owner: s.Owner, requests: s.Requests, pending: s.Pending, paired: s.Paired, agents: s.Agents, models: s.Models}, true, nil
}

// Save keeps what the program knows in a file at path, for its next call.
func (p *Program) Save(path string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	raw, err := json.Marshal(state{p.Old, p.owner, p.requests, p.pending, p.paired, p.agents, p.models})
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
