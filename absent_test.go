package main

import (
	"os"
	"strings"
	"testing"

	"vigie/ops"
)

// What a command that is not there is said to need stands in the example, under that name.
func TestAbsent(t *testing.T) {
	example, err := os.ReadFile("config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	g := &ops.Gate{}
	if err := g.Open(); err != nil {
		t.Fatal(err)
	}
	list := absent(g)
	for command, table := range map[string]string{"n8n": "[n8n]", "models": "[litellm]", "restore": "[postgres]", "imagine": "[comfyui]", "checkpoint_get": "[comfyui.downloads]", "backups": "[backup]", "unit_restart": "[hosts.NAME]", "agent_profile": "[openclaw.deploy]"} {
		if list[command] != table {
			t.Errorf("/%s needs %q, want %q", command, list[command], table)
		}
	}
	for command, table := range list {
		if shown := strings.ReplaceAll(table, "NAME", "nas"); !strings.Contains(string(example), "\n#= "+shown+"\n") {
			t.Errorf("/%s needs %s, which the example does not show", command, table)
		}
	}
	for _, here := range []string{"status", "restart", "undo"} {
		if list[here] != "" {
			t.Errorf("/%s is always there", here)
		}
	}
}
