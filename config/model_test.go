package config

import (
	"strings"
	"testing"
)

func TestModelMistakes(t *testing.T) {
	_, err := load(t, minimal+`
[model]
url = "https://ann:model-word-1@x/v1"
name = "two words"
fallback = ["ok", ""]
budget = -1
timeout = "1h"
max_tokens = 1
price_in = nan
price_out = 0
`, none)
	if err == nil {
		t.Fatal("nothing is wrong with it")
	}
	for _, key := range []string{"model.url", "model.key_file", "model.name", "model.fallback", "model.budget", "model.timeout", "model.max_tokens", "model.price_in", "model.price_out"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%s is not complained of in\n%v", key, err)
		}
	}
	if strings.Contains(err.Error(), "model-word-1") {
		t.Errorf("it tells the password:\n%v", err)
	}
	if _, err := load(t, minimal+"[model]\nurl = \"http://litellm:4000/v1\"\nname = \"x\"\n", env(EnvModel, "sk-from-the-environment")); err != nil {
		t.Error(err)
	}
}
