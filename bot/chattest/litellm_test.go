package chattest_test

import (
	"fmt"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/models"
	"vigie/ops/models/modelstest"
)

// openLiteLLM makes a LiteLLM with the keys of lines «litellm: key HASH-DIGIT ALIAS USD».
func openLiteLLM(t *testing.T, lines string) ops.Bound {
	t.Helper()
	proxy := modelstest.New(t)
	proxy.DB = true
	for line := range strings.Lines(lines) {
		var k modelstest.Key
		if _, err := fmt.Sscanf(strings.TrimSpace(line), "key %s %s %f", &k.Hash, &k.Alias, &k.Spend); err != nil {
			t.Fatalf("litellm: %q: %v", line, err)
		}
		k.Hash = strings.Repeat(k.Hash, 64)
		proxy.Keys = append(proxy.Keys, k)
	}
	s, err := models.New(models.Options{URL: "http://litellm:4000", Key: word(modelstest.Master), Client: proxy.Direct()})
	if err != nil {
		t.Fatal(err)
	}
	return models.Bind(s)
}
