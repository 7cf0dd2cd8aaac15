package config

import (
	"strings"
	"testing"
)

// Each mistake about ComfyUI is told where it stands, with what to write instead.
func TestComfyUI(t *testing.T) {
	for _, m := range []struct{ file, want string }{
		{"[comfyui]\n", "comfyui"},
		{"[comfyui]\nurl = \"ftp://x\"\n", "comfyui.url"},
		{"[comfyui]\nurl = \"http://x\"\nsizes = [\"large\"]\n", "512x768"},
		{"[comfyui]\nurl = \"http://x\"\nmodel = \"../../etc\"\n", "comfyui.model"},
		{"[comfyui]\nurl = \"http://x\"\nworkflows = \"nowhere\"\n", "mkdir"},
		{"[comfyui]\nurl = \"http://x\"\nspeed = 3\n", "speed"},
	} {
		_, err := load(t, minimal+m.file, none)
		if err == nil || !strings.Contains(err.Error(), m.want) {
			t.Errorf("%q: %v, want %s", m.file, err, m.want)
		}
	}
	c, err := load(t, minimal+"[comfyui]\nurl = \"http://x:8188/\"\nworkflows = \"d\"\nsizes = [\"64x64\"]\n", none, "d/", "")
	if err != nil || c.ComfyUI.URL != "http://x:8188" || c.ComfyUI.Workflow != "text" || len(c.ComfyUI.Sizes) != 1 {
		t.Errorf("%+v, %v", c.ComfyUI, err)
	}
}

func TestRemotion(t *testing.T) {
	for _, m := range []struct{ file, want string }{
		{"[remotion]\nurl = \"http://x\"\n", "remotion.compositions"},
		{"[remotion]\nurl = \"http://x\"\n[[remotion.compositions]]\nname = \"a b\"\n", "hyphens"},
		{"[remotion]\nurl = \"http://x\"\n[[remotion.compositions]]\nname = \"a\"\ninputs = { b = \"colour\" }\n", "yes/no"},
	} {
		_, err := load(t, minimal+m.file, none)
		if err == nil || !strings.Contains(err.Error(), m.want) {
			t.Errorf("%q: %v, want %s", m.file, err, m.want)
		}
	}
	c, err := load(t, minimal+"[remotion]\nurl = \"http://x\"\n[[remotion.compositions]]\nname = \"HelloWorld\"\n", env(EnvRemotion, "token-1-of-remotion"))
	if err != nil || c.Remotion.Token.Reveal() != "token-1-of-remotion" {
		t.Errorf("%+v, %v", c, err)
	}
}
