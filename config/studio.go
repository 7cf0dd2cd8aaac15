package config

// ComfyUI is a ComfyUI that draws pictures. It has no password of its own: who reaches it may use it.
type ComfyUI struct {
	URL       string   `toml:"url,omitempty"`       // empty: there is none
	Workflows string   `toml:"workflows,omitempty"` // a folder of templates; empty: the built-in one alone
	Workflow  string   `toml:"workflow,omitempty"`  // used unless another is named
	Model     string   `toml:"model,omitempty"`     // used unless another is named; empty: the first that it lists
	Sizes     []string `toml:"sizes,omitempty"`     // offered as buttons: 512x768, in pixels

	Downloads Downloads `toml:"downloads,omitempty"`
}

// Remotion is a Remotion render server.
type Remotion struct {
	URL          string        `toml:"url,omitempty"`        // empty: there is none
	PublicURL    string        `toml:"public_url,omitempty"` // what links for people begin with; empty: URL
	TokenFile    string        `toml:"token_file,omitempty"`
	Compositions []Composition `toml:"compositions,omitempty"`

	Token Secret `toml:"-"` // empty: none is asked for
}

// A Composition is a video that the server can render. It does not list them, nor what they take.
type Composition struct {
	Name   string            `toml:"name"`
	Inputs map[string]string `toml:"inputs,omitempty"` // by name: text, number or yes/no; empty: anything
}

// Downloads is the folder in which a ComfyUI has its checkpoints, and which may be downloaded into it.
type Downloads struct {
	Dir         string            `toml:"dir,omitempty"`       // empty: checkpoints are only listed
	Host        string            `toml:"host,omitempty"`      // a key of Hosts, with ssh; empty: this machine
	From        []string          `toml:"from,omitempty"`      // hosts: huggingface.co, *.hf.co, mirror.lan:8443
	KeepFree    Size              `toml:"keep_free,omitempty"` // on that disk
	Pickle      bool              `toml:"pickle,omitempty"`    // files that run code when they are loaded are taken as well
	Checkpoints []KnownCheckpoint `toml:"checkpoints,omitempty"`
}

// A KnownCheckpoint is a file that may be downloaded.
type KnownCheckpoint struct {
	Name    string `toml:"name"`
	URL     string `toml:"url"`
	SHA256  string `toml:"sha256"`
	Size    int64  `toml:"size"` // bytes, exactly
	Licence string `toml:"licence,omitempty"`
}

// Studio is a Compose project that is started on demand, often on another machine, with ComfyUI and Remotion in it.
type Studio struct {
	Host     string   `toml:"host,omitempty"`     // a key of Hosts: this machine, or one with SSH
	Project  string   `toml:"project,omitempty"`  // empty: there is no studio
	Dir      string   `toml:"dir,omitempty"`      // of the project, on that machine; empty: that of the first file
	Files    []string `toml:"files,omitempty"`    // on that machine, each laid over those before it
	Services []string `toml:"services,omitempty"` // that are started; none: all but those of a profile
	ComfyUI  string   `toml:"comfyui,omitempty"`  // the service in which the [ComfyUI] of this configuration runs
	Remotion string   `toml:"remotion,omitempty"` // likewise
	Units    []string `toml:"units,omitempty"`    // of the host's, that it needs; none: all of the host's
	Tailnet  string   `toml:"tailnet,omitempty"`  // host:port where the machine must be reachable
	Wait     Duration `toml:"wait,omitempty"`     // how long a service may take to be healthy, and a program to answer

	Proxy          string   `toml:"proxy,omitempty"`           // of the host's units, the one before the programs
	ProxyCheck     []string `toml:"proxy_check,omitempty"`     // a program there, with its arguments, that ends with 0 if the proxy's configuration is right
	Certificates   []string `toml:"certificates,omitempty"`    // names whose certificates the proxy must show
	CertificatesAt string   `toml:"certificates_at,omitempty"` // host:port where it is asked for them; empty: each name's own
}
