package config

// ComfyUI is a ComfyUI that draws pictures. It has no password of its own: who reaches it may use it.
type ComfyUI struct {
	URL       string   `toml:"url,omitempty"`       // empty: there is none
	Workflows string   `toml:"workflows,omitempty"` // a folder of templates; empty: the built-in one alone
	Workflow  string   `toml:"workflow,omitempty"`  // used unless another is named
	Model     string   `toml:"model,omitempty"`     // used unless another is named; empty: the first that it lists
	Sizes     []string `toml:"sizes,omitempty"`     // offered as buttons: 512x768, in pixels
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
