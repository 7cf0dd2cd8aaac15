package config

import (
	"slices"
	"strings"
	"testing"
)

// What is left out of the pipeline's table is filled in, and a broken route needs no place to look for results.
func TestCreative(t *testing.T) {
	c, err := load(t, minimal+`
[creative]
url = "http://n8n:5678/webhook/creative-pipeline/"
[[creative.routes]]
type = "image"
provider = "comfyui"
price = 0
broken = "it never worked"
`, none)
	if err != nil || c.Creative.URL != "http://n8n:5678/webhook/creative-pipeline" || c.Creative.Deadline != defaultCreativeDeadline || c.Creative.Routes[0].Broken.Fr != "it never worked" || c.Assets.Wanted {
		t.Errorf("%+v, %v", c, err)
	}
}

// Assets are looked for on a server of their own, or where spending and scores are; a table alone asks those.
func TestAssets(t *testing.T) {
	c, err := load(t, minimal, env(EnvAssets, "host=db dbname=n8n"))
	if err != nil || !c.Assets.Wanted || !slices.Equal(c.Assets.Databases, defaultAssetDatabases) {
		t.Errorf("%+v, %v", c.Assets, err)
	}
	c, err = load(t, minimal+"[assets]\n", env(EnvScores, "host=db dbname=n8n"))
	if err != nil || !c.Assets.Wanted || !c.Assets.Database.IsZero() || len(c.Assets.Databases) != 0 {
		t.Errorf("%+v, %v", c.Assets, err)
	}
	if _, err = load(t, minimal+"[assets]\n", none); err == nil || !strings.Contains(err.Error(), "it needs a PostgreSQL") {
		t.Errorf("with none: %v", err)
	}
}
