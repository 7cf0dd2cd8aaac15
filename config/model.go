package config

// Model is a model behind a LiteLLM proxy, for words that are not plain. Without its section there is none.
type Model struct {
	URL       string   `toml:"url,omitempty"` // with the /v1
	KeyFile   string   `toml:"key_file,omitempty"`
	Name      string   `toml:"name,omitempty"` // an alias of the proxy
	Fallback  []string `toml:"fallback,omitempty"`
	Budget    float64  `toml:"budget,omitempty"` // dollars of a UTC day
	Timeout   Duration `toml:"timeout,omitempty"`
	MaxTokens int      `toml:"max_tokens,omitempty"`
	PriceIn   float64  `toml:"price_in,omitempty"` // dollars of a million tokens, where the proxy does not tell the cost
	PriceOut  float64  `toml:"price_out,omitempty"`

	Key Secret `toml:"-"`
}

// Given reports whether there is one.
func (m Model) Given() bool { return m.URL != "" && m.Name != "" }
