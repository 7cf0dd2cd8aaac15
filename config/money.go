package config

// LiteLLM is where money is spent, and how much may be.
type LiteLLM struct {
	DSN     string             `toml:"dsn,omitempty"` // without a password
	DSNFile string             `toml:"dsn_file,omitempty"`
	Config  string             `toml:"config,omitempty"` // LiteLLM's own configuration file
	Every   Duration           `toml:"every,omitempty"`
	Warn    []int              `toml:"warn,omitempty"`    // percent of a budget: to be known, at risk, broken. Three, rising
	Budgets map[string]float64 `toml:"budgets,omitempty"` // dollars a day by provider; "global" is all of them together

	Database Secret `toml:"-"` // PostgreSQL's connection string; empty: money is not watched
}

// A Bot is another bot, whose webhook is looked at.
type Bot struct {
	Name      string `toml:"name"`
	TokenFile string `toml:"token_file,omitempty"`
	Webhook   string `toml:"webhook"` // what it must be: an address, "" for none, "*" for any

	Token Secret `toml:"-"`
}
