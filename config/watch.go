package config

import "vigie/ops"

// Watch is how the stack itself is looked at.
type Watch struct {
	Containers ContainerWatch `toml:"containers"`
}

// ContainerWatch is how containers are looked at.
type ContainerWatch struct {
	CrashLoop   int      `toml:"crash_loop"` // so many restarts within CrashWindow are a crash loop
	CrashWindow Duration `toml:"crash_window"`
	Every       Duration `toml:"every"` // how often all are looked at, besides what the engine tells by itself
}

// A Check asks something on the network again and again. Exactly one of URL, TCP, DNS and TLS is set.
type Check struct {
	Name string `toml:"name"`
	URL  string `toml:"url,omitempty"`
	TCP  string `toml:"tcp,omitempty"` // host:port
	DNS  string `toml:"dns,omitempty"` // the name to look up
	TLS  string `toml:"tls,omitempty"` // host:port

	Every    Duration     `toml:"every"`
	Timeout  Duration     `toml:"timeout"` // at most Every
	Fails    int          `toml:"fails"`   // so many failures one after the other are a trouble
	Severity ops.Severity `toml:"severity"`
	Needs    []string     `toml:"needs,omitempty"` // subjects whose trouble explains this one

	Expect     []int    `toml:"expect,omitempty"`   // HTTP statuses that are well; none: the watcher's own judgement
	Body       string   `toml:"body,omitempty"`     // what the answer must hold
	Answer     []string `toml:"answer,omitempty"`   // addresses that the name must have; none: any
	Server     string   `toml:"server,omitempty"`   // host:port of the name server; empty: the machine's own
	Days       []int    `toml:"days,omitempty"`     // left of the certificate: at risk, broken. Two, falling; nil: the watcher's own judgement
	Resolve    string   `toml:"resolve,omitempty"`  // the address to connect to, whatever the name says; empty: what it says
	MaxTime    Duration `toml:"max_time,omitempty"` // an answer that takes longer is slow; 0: never
	Insecure   bool     `toml:"insecure,omitempty"`
	HeaderFile string   `toml:"header_file,omitempty"`

	Header Header `toml:"-"`
	Pin    string `toml:"-"` // Resolve as curl's --resolve takes it: "n8n.example.org:443:100.64.0.14"; empty: none
}

// A Header is one line that is sent along with a request.
type Header struct {
	Name  string // empty: none
	Value Secret
}

// A FileCheck wants files to be there, recent and large enough. What is zero is not asked for.
type FileCheck struct {
	Name     string       `toml:"name"`           // one word
	Host     string       `toml:"host,omitempty"` // a key of Hosts, which has SSH; empty: this machine
	Path     string       `toml:"path"`           // a pattern as of [path.Match], absolute; with Each, {name} stands for each name
	Each     []string     `toml:"each,omitempty"` // each has files of its own
	Newer    Duration     `toml:"newer,omitempty"`
	AtLeast  Size         `toml:"at_least,omitempty"`
	Band     int          `toml:"band,omitempty"`   // percent by which the newest may differ from the one before
	Count    int          `toml:"count"`            // so many must be there
	Inside   string       `toml:"inside,omitempty"` // stands in the first bytes of the newest
	Format   string       `toml:"format,omitempty"` // what the newest must read as: one of [FileFormats]
	Severity ops.Severity `toml:"severity"`
}

// FileFormats are what a file can be seen to be, whole.
var FileFormats = []string{"pgdump", "gzip", "rdb", "json"}

// A Heartbeat is what a job sends to POST /hooks/heartbeat/NAME when it has done its work.
type Heartbeat struct {
	Name       string       `toml:"name"`
	Every      Duration     `toml:"every"`
	Grace      Duration     `toml:"grace"` // how late it may be; a tenth of Every where the file does not say, and at least a minute
	SecretFile string       `toml:"secret_file,omitempty"`
	Severity   ops.Severity `toml:"severity"`

	Secret Secret `toml:"-"`
}

// Pulse is an address that Vigie calls while it is well.
type Pulse struct {
	URLFile string   `toml:"url_file,omitempty"`
	Every   Duration `toml:"every,omitempty"`

	URL Secret `toml:"-"` // empty: there is none
}

// A Hook takes what other programs tell at POST /hooks/NAME.
type Hook struct {
	Kind       string       `toml:"kind"` // whose notation it is: one of [HookKinds]
	SecretFile string       `toml:"secret_file,omitempty"`
	Severity   ops.Severity `toml:"severity"` // of what says none

	Secret Secret `toml:"-"`
}

// HookKinds are the notations that hooks understand.
var HookKinds = []string{"alertmanager", "grafana", "kuma", "diun", "litellm", "github", "json"}
