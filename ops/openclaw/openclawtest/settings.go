package openclawtest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strconv"
)

// setting is the key of an agent under which stands what the configuration says of its model: nothing, a text, or a table.
const setting = "_model"

// AddModel adds a model that the configuration knows, as «provider/model».
func (p *Program) AddModel(key, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.models = append(p.models, map[string]any{"key": key, "name": name, "input": "text", "contextWindow": 128000, "local": false, "available": true, "tags": []string{}, "missing": false})
}

// Spoil makes its configuration not valid; "" makes it valid again.
func (p *Program) Spoil(why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrong = why
}

// Mute says whether its channel's plugin is not loaded.
func (p *Program) Mute(mute bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = mute
}

// Configure sets what the configuration says of an agent's model, as a deployment does; nil is nothing.
func (p *Program) Configure(id string, model any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.agents {
		if a["id"] == id {
			a[setting] = model
		}
	}
}

// listed are the agents as «agents list» shows them.
func (p *Program) listed() (list []map[string]any) {
	for _, a := range p.agents {
		one := maps.Clone(a)
		delete(one, setting)
		switch m := a[setting].(type) {
		case string:
			one["model"] = m
		case map[string]any:
			one["model"] = m["primary"]
		}
		list = append(list, one)
	}
	return list
}

func (p *Program) validate(stdout io.Writer) int {
	if p.wrong == "" {
		return write(stdout, map[string]any{"valid": true, "path": "/home/node/.openclaw/openclaw.json"})
	}
	write(stdout, map[string]any{"valid": false, "path": "/home/node/.openclaw/openclaw.json", "issues": []any{map[string]string{"path": "agents", "message": p.wrong}}})
	return 1
}

// agentsOf is the part of the configuration about agents: a list up to 2026.5, entries by id after. An agent that is alone is there by
// default, and stands nowhere.
func (p *Program) agentsOf(stdout io.Writer) int {
	list, entries := []any{}, map[string]any{}
	for _, a := range p.agents {
		one := map[string]any{}
		if a[setting] != nil {
			one["model"] = a[setting]
		}
		entries[fmt.Sprint(a["id"])] = maps.Clone(one)
		one["id"] = a["id"]
		list = append(list, one)
	}
	out := map[string]any{"defaults": map[string]any{"maxConcurrent": 4}}
	switch {
	case p.Old && len(list) > 1:
		out["list"] = list
	case !p.Old && len(list) > 1:
		out["entries"] = entries
	case !p.Old:
		out["entries"] = map[string]any{}
	}
	return write(stdout, out)
}

var modelPath = regexp.MustCompile(`^agents\.(?:list\[(\d+)\]|entries\.([A-Za-z0-9_-]+))\.model(\.primary)?$`)

// configure is «config set PATH VALUE --strict-json» and «config unset PATH».
func (p *Program) configure(args []string, stdout, stderr io.Writer) int {
	m := modelPath.FindStringSubmatch(args[1])
	var agent map[string]any
	if m != nil && m[1] != "" && p.Old {
		if i, err := strconv.Atoi(m[1]); err == nil && i < len(p.agents) {
			agent = p.agents[i]
		}
	}
	for _, a := range p.agents {
		if m != nil && m[2] != "" && !p.Old && a["id"] == m[2] {
			agent = a
		}
	}
	if agent == nil {
		return refuse(stderr, "Unknown config path: "+args[1]+". Run openclaw config schema to inspect valid paths.")
	}
	p.calls = append(p.calls, "openclaw: config "+args[0]+" "+args[1])
	if args[0] == "unset" {
		delete(agent, setting)
		fmt.Fprintf(stdout, "Removed %s.%s\n", args[1], p.applies())
		return 0
	}
	var value any
	if err := json.Unmarshal([]byte(args[2]), &value); err != nil {
		return refuse(stderr, "Failed to parse JSON value: "+err.Error())
	}
	switch table, is := agent[setting].(map[string]any); {
	case m[3] == "":
		agent[setting] = value
	case is:
		table = maps.Clone(table)
		table["primary"] = value
		agent[setting] = table
	default:
		agent[setting] = map[string]any{"primary": value}
	}
	p.calls[len(p.calls)-1] += " " + args[2]
	fmt.Fprintf(stdout, "Updated %s.%s\n", args[1], p.applies())
	return 0
}

func (p *Program) applies() string {
	if p.Old {
		return " Restart the gateway to apply."
	}
	return " Change will apply without restarting the gateway."
}
