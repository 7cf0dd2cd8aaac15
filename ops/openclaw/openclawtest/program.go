// Package openclawtest is a stand-in for OpenClaw's program as it behaves in a container: the words and exit codes of two
// versions, 2026.5 and 2026.9, for the calls that Vigie makes. It passes the tests that the real programs pass.
package openclawtest

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Program answers calls. Time is that of its bubble or of the machine.
type Program struct {
	Old bool // 2026.5: says it otherwise where a setting is not set

	mu       sync.Mutex // guards all below
	requests []map[string]any
	owner    string
	pending  []map[string]any
	paired   []map[string]any
	agents   []map[string]any
	models   []map[string]any
	down     bool   // its gateway does not answer
	mute     bool   // its channel's plugin is not loaded
	wrong    string // why its configuration is not valid
	calls    []string
}

// New is a program with one agent, nobody waiting and no owner.
func New() *Program {
	return &Program{agents: []map[string]any{{"id": "main", "isDefault": true, "bindings": 0}}}
}

// Ask makes somebody write to OpenClaw for the first time, ago before now.
func (p *Program) Ask(id, username, code string, ago time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := time.Now().Add(-ago).UTC()
	p.requests = append(p.requests, map[string]any{"id": id, "code": code, "createdAt": at, "lastSeenAt": at, "meta": map[string]string{"username": username, "accountId": "default"}})
}

// AskDevice makes a device ask to steer OpenClaw.
func (p *Program) AskDevice(request, id, client string, scopes ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pending = append(p.pending, map[string]any{"requestId": request, "deviceId": id, "platform": "linux", "clientId": client, "role": "operator", "scopes": scopes, "ts": time.Now().UnixMilli()})
}

// AddAgent adds an agent; "" is OpenClaw's own default model.
func (p *Program) AddAgent(id, name, model string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := map[string]any{"id": id, "identityName": name, "isDefault": false, "bindings": 1}
	if model != "" {
		a[setting] = map[string]any{"primary": model}
	}
	p.agents = append(p.agents, a)
}

// Own sets who owns its commands; "" is nobody.
func (p *Program) Own(owner string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.owner = owner
}

// Down says whether its gateway is down.
func (p *Program) Down(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// Calls are the calls that changed something.
func (p *Program) Calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Run answers one call: its arguments without the program's own name.
func (p *Program) Run(args []string, stdout, stderr io.Writer) (exit int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.requests = slices.DeleteFunc(p.requests, func(r map[string]any) bool { return now.Sub(r["createdAt"].(time.Time)) > time.Hour })
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "--json" })
	switch line := strings.Join(args, " "); {
	case strings.HasPrefix(line, "pairing list ") && len(args) == 3:
		return write(stdout, map[string]any{"channel": args[2], "requests": append([]map[string]any{}, p.requests...)})
	case strings.HasPrefix(line, "pairing approve ") && len(args) == 4:
		return p.approve(args[2], args[3], stdout, stderr)
	case line == "config get commands.ownerAllowFrom":
		return p.ownerOf(stdout, stderr)
	case line == "config validate":
		return p.validate(stdout)
	case line == "config get agents":
		return p.agentsOf(stdout)
	case strings.HasPrefix(line, "config set ") && len(args) == 5 && args[4] == "--strict-json", strings.HasPrefix(line, "config unset ") && len(args) == 3:
		return p.configure(args[1:], stdout, stderr)
	case line == "agents list":
		return write(stdout, p.listed())
	case line == "skills list":
		return write(stdout, map[string]any{"skills": []any{map[string]any{"name": "budget-monitor", "eligible": true}, map[string]any{"name": "1password", "bundled": true, "missing": map[string]any{"bins": []string{"op"}}}}})
	case line == "plugins list":
		telegram := map[string]any{"id": "telegram", "enabled": true, "status": "loaded"}
		if p.mute {
			telegram["enabled"], telegram["status"] = false, "disabled"
		}
		return write(stdout, map[string]any{"plugins": []any{telegram, map[string]any{"id": "a2a", "status": "disabled"}}})
	case line == "models list" && (p.Old || !p.down):
		return write(stdout, map[string]any{"count": len(p.models), "models": append([]map[string]any{}, p.models...)})
	case line == "models list":
		write(stdout, map[string]any{"ok": false, "error": map[string]string{"type": "cli_error", "message": "Gateway not reachable at ws://127.0.0.1:18789 (ECONNREFUSED).\nStart it with `openclaw gateway run` or check `openclaw gateway status`."}})
		return 1
	case p.down:
		write(stdout, map[string]any{"ok": false, "error": map[string]string{"type": "gateway_transport_error", "kind": "closed", "message": "gateway closed (1006 abnormal closure (no close frame)): no close reason"}})
		return 1
	case line == "health":
		var list []any
		for _, a := range p.agents {
			list = append(list, map[string]any{"agentId": a["id"]})
		}
		return write(stdout, map[string]any{"ok": true, "agents": list})
	case args[0] == "devices":
		return p.devices(args[1:], stdout, stderr)
	}
	return refuse(stderr, "unknown command "+strings.Join(args, " "))
}

func (p *Program) approve(channel, code string, stdout, stderr io.Writer) int {
	p.calls = append(p.calls, "openclaw: pairing approve "+channel+" "+code)
	i := slices.IndexFunc(p.requests, func(r map[string]any) bool { return r["code"] == code })
	if i < 0 {
		return refuse(stderr, fmt.Sprintf("No pending pairing request found for code %q. Run openclaw pairing list --channel %s to list pending requests.", code, channel))
	}
	id := p.requests[i]["id"]
	p.requests = slices.Delete(p.requests, i, i+1)
	fmt.Fprintf(stdout, "Approved %s sender %s.\n", channel, id)
	if p.owner == "" {
		p.owner = fmt.Sprintf("%s:%s", channel, id)
		fmt.Fprintf(stdout, "Command owner configured %s (commands.ownerAllowFrom was empty).\n", p.owner)
	}
	return 0
}

func (p *Program) ownerOf(stdout, stderr io.Writer) int {
	switch {
	case p.owner != "":
		return write(stdout, []string{p.owner})
	case p.Old:
		fmt.Fprintln(stderr, "Config path not found: commands.ownerAllowFrom. Run openclaw config validate to inspect config shape.")
	default:
		write(stdout, map[string]any{"ok": false, "error": map[string]string{"type": "cli_error", "message": "Config path is valid but unset: commands.ownerAllowFrom. The runtime default applies until you set an authored value with openclaw config set commands.ownerAllowFrom <value>."}})
	}
	return 1
}

func (p *Program) devices(args []string, stdout, stderr io.Writer) int {
	switch args[0] {
	case "list":
		return write(stdout, map[string]any{"pending": append([]map[string]any{}, p.pending...), "paired": append([]map[string]any{}, p.paired...)})
	case "approve":
		i := slices.IndexFunc(p.pending, func(d map[string]any) bool { return d["requestId"] == args[1] })
		if i < 0 {
			return refuse(stderr, "unknown requestId")
		}
		d := p.pending[i]
		d["approvedAtMs"] = time.Now().UnixMilli()
		p.paired, p.pending = append(p.paired, d), slices.Delete(p.pending, i, i+1)
	case "remove":
		i := slices.IndexFunc(p.paired, func(d map[string]any) bool { return d["deviceId"] == args[1] })
		if i < 0 {
			return refuse(stderr, "unknown deviceId")
		}
		p.paired = slices.Delete(p.paired, i, i+1)
	}
	p.calls = append(p.calls, "openclaw: devices "+strings.Join(args, " "))
	return 0
}

func write(w io.Writer, v any) int {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // into memory
	return 0
}

func refuse(stderr io.Writer, why string) int {
	fmt.Fprintf(stderr, "[openclaw] Could not start the CLI.\n[openclaw] Reason: %s\n[openclaw] Try: openclaw doctor\n", why)
	return 1
}
