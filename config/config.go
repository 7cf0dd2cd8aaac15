// Package config reads Vigie's configuration: one strict TOML file in which a mistake never passes silently, and in
// which all mistakes are told at once, each with its line and what to write instead. config.example.toml is its manual.
package config

import (
	"bytes"
	"time"

	toml "github.com/pelletier/go-toml/v2"

	"vigie/ops"
	"vigie/policies"
)

// A Config is everything that Vigie is told. What the file leaves out has its default; paths are absolute.
// A secret is never in the file: the file names the file that holds it.
type Config struct {
	ApprovalTTL Duration        `toml:"approval_ttl,omitempty"` // how long a plan waits for its yes
	Telegram    Telegram        `toml:"telegram"`
	Users       []User          `toml:"users"`
	Store       Store           `toml:"store"`
	HTTP        HTTP            `toml:"http"`
	Hosts       map[string]Host `toml:"hosts"`
	Stack       Stack           `toml:"stack"`
	Alerts      Alerts          `toml:"alerts"`
	Watch       Watch           `toml:"watch"`
	Checks      []Check         `toml:"checks,omitempty"`
	Files       []FileCheck     `toml:"files,omitempty"`
	Heartbeats  []Heartbeat     `toml:"heartbeats,omitempty"`
	Pulse       Pulse           `toml:"pulse,omitempty"`
	Hooks       map[string]Hook `toml:"hooks,omitempty"` // by the last part of their paths
	LiteLLM     LiteLLM         `toml:"litellm,omitempty"`
	Victoria    Victoria        `toml:"victoriametrics,omitempty"`
	Scores      Scores          `toml:"scores,omitempty"`
	Loki        Loki            `toml:"loki,omitempty"`
	Grafana     Grafana         `toml:"grafana,omitempty"`
	Model       Model           `toml:"model,omitempty"`
	Bots        []Bot           `toml:"bots,omitempty"`
	Postgres    Postgres        `toml:"postgres,omitempty"`
	Redis       Redis           `toml:"redis,omitempty"`
	Qdrant      Qdrant          `toml:"qdrant,omitempty"`
	Backup      Backup          `toml:"backup,omitempty"`
	Restic      Restic          `toml:"restic,omitempty"`
	Zerobyte    Zerobyte        `toml:"zerobyte,omitempty"`
	N8N         N8NServer       `toml:"n8n,omitempty"`
	OpenClaw    OpenClaw        `toml:"openclaw,omitempty"`
	ComfyUI     ComfyUI         `toml:"comfyui,omitempty"`
	Remotion    Remotion        `toml:"remotion,omitempty"`
	Creative    Creative        `toml:"creative,omitempty"`
	Assets      Assets          `toml:"assets,omitempty"`
	Studio      Studio          `toml:"studio,omitempty"`
	Rules       policies.Rules  `toml:"policy,omitempty"`
	Never       map[string]Why  `toml:"never"` // argument values that no op may be asked with, in lower case
	Log         Log             `toml:"log"`

	Policy   *policies.Policy `toml:"-"` // what Rules say, checked; see [Config.CheckOps] for what they say of ops
	Warnings Problems         `toml:"-"` // what works and is probably not meant

	file    string
	doc     *document
	secrets []Secret
}

// Telegram is how to reach Telegram. Without a webhook, Vigie polls.
type Telegram struct {
	TokenFile         string `toml:"token_file,omitempty"`
	APIURL            string `toml:"api_url"`
	WebhookURL        string `toml:"webhook_url,omitempty"`
	WebhookListen     string `toml:"webhook_listen,omitempty"`
	WebhookSecretFile string `toml:"webhook_secret_file,omitempty"`

	Token         Secret `toml:"-"`
	WebhookSecret Secret `toml:"-"`
}

// Store is where the journal is: a SQLite file, or PostgreSQL.
type Store struct {
	Path    string `toml:"path,omitempty"`
	DSN     string `toml:"dsn,omitempty"` // without a password
	DSNFile string `toml:"dsn_file,omitempty"`

	Database Secret `toml:"-"` // PostgreSQL's connection string; empty: SQLite at Path
}

// HTTP is where /healthz, /readyz, /metrics and the alert webhooks are served.
type HTTP struct {
	Listen string `toml:"listen"`
}

// A Host is a machine: one with a Docker Engine, or one whose figures node_exporter tells, or both.
type Host struct {
	Docker string `toml:"docker,omitempty"` // unix:///… or tcp://host:port; with SSH, a socket on that machine
	SSH    string `toml:"ssh,omitempty"`    // user@host:port
	// How it is reached with SSH. Without an identity file and an agent, ~/.ssh/id_ed25519 is offered.
	IdentityFile   string   `toml:"identity_file,omitempty"`
	PassphraseFile string   `toml:"passphrase_file,omitempty"`
	KnownHosts     string   `toml:"known_hosts,omitempty"` // empty: ~/.ssh/known_hosts
	Agent          string   `toml:"agent,omitempty"`       // an agent's socket
	Jump           string   `toml:"jump,omitempty"`        // a key of Hosts, which has SSH, or user@host:port
	Guard          bool     `toml:"guard"`                 // `vigie guard` is at the other end
	Units          []string `toml:"units,omitempty"`       // systemd units that are meant to be up, and may be restarted
	// Commands are programs that may be run there, by name: with SSH, or on this machine.
	Commands   map[string]Command `toml:"commands,omitempty"`
	Passphrase Secret             `toml:"-"`
	Metrics    string             `toml:"metrics,omitempty"` // node_exporter's page; empty: none, and only a host that is this machine has figures
	Root       string             `toml:"root,omitempty"`    // where this machine's own / is to be seen; empty: at /
	Disk       []int              `toml:"disk"`              // percent full: at risk, broken. Two, rising
	Memory     []int              `toml:"memory"`            // percent used: at risk, broken. Two, rising
	Load       float64            `toml:"load"`              // for each core, from which on it is at risk
}

// A Command is one program that may be run on a machine, always with the same arguments.
type Command struct {
	Argv    []string `toml:"argv"`
	Doc     string   `toml:"doc,omitempty"`
	Risk    string   `toml:"risk"` // as ops.ParseRisk reads it; reads: it only looks
	Timeout Duration `toml:"timeout"`
	Check   string   `toml:"check,omitempty"` // one of the machine's commands that only look: it ends with 0 if this one took
	Undo    string   `toml:"undo,omitempty"`  // another one that puts back what this one did
}

// Stack is the Compose project that is watched over.
type Stack struct {
	Project string   `toml:"project,omitempty"` // empty: found out from the containers
	Host    string   `toml:"host"`              // a key of Hosts, which has a Docker Engine
	Dir     string   `toml:"dir,omitempty"`     // where the compose files are
	Files   Files    `toml:"files,omitempty"`   // in the order in which they are started; none: found out
	Off     []string `toml:"off,omitempty"`     // services that are off on purpose
	Protect []string `toml:"protect,omitempty"` // services that no plan may stop
	Zone    string   `toml:"zone,omitempty"`
	Wait    Duration `toml:"wait"` // how long to wait for a service to be healthy
	Domain  string   `toml:"domain,omitempty"`

	Location *time.Location `toml:"-"` // of Zone; the machine's where Zone is empty
}

// A File is one compose file and the phase that it is: what /up and /down call it.
type File struct {
	Path  string `toml:"path"`
	Phase string `toml:"phase"`
}

// Log is what is written about the bot itself, and where.
type Log struct {
	Level string `toml:"level"`
	File  string `toml:"file,omitempty"` // empty: standard error
}

// A Why is a reason, or something else that people are told, in both languages. In the file it may be one text for both.
type Why struct {
	En string `toml:"en"`
	Fr string `toml:"fr"`
}

// NeverArgs is what the gate refuses to be asked with, and why.
func (c *Config) NeverArgs() map[string]ops.Text {
	list := map[string]ops.Text{}
	for name, why := range c.Never {
		list[name] = ops.Text(why)
	}
	return list
}

// Secrets are all values that may never be shown, longest first: the whole ones, and the telling parts of a token
// and of a connection string. A password under 8 characters is no part: hiding «n8n» would hide half of every answer.
func (c *Config) Secrets() []string {
	list := make([]string, len(c.secrets))
	for i, s := range c.secrets {
		list[i] = s.Reveal()
	}
	return list
}

// CheckOps checks the rules against the ops that exist, which only the assembled program knows. Rules that name an op
// wrongly would never decide, so a program that does not call it has a policy with holes. The error is of type
// [Problems].
func (c *Config) CheckOps(specs []ops.Spec) error {
	_, wrong := policies.New(c.Rules, policies.Known{People: c.People(), Ops: specs})
	l := loader{cfg: c, doc: c.doc}
	l.addRules(wrong)
	return l.err()
}

// TOML is the configuration as it was understood, every default filled in. It holds no secret.
func (c *Config) TOML() ([]byte, error) {
	var b bytes.Buffer
	err := toml.NewEncoder(&b).Encode(c)
	return b.Bytes(), err
}
