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
	const downloads = "[comfyui]\nurl = \"http://x\"\n[comfyui.downloads]\ndir = \"/\"\n"
	known := func(more string) string {
		return "[comfyui]\nurl = \"http://x\"\n[comfyui.downloads]\ndir = \"/d\"\nhost = \"pi\"\nfrom = [\"a.example\", \"*.b.example\"]\n[[comfyui.downloads.checkpoints]]\nname = \"x.safetensors\"\nurl = \"https://c.b.example/x\"\nsha256 = \"" + strings.Repeat("a", 64) + "\"\nsize = 7\n" + more + "[hosts.pi]\nssh = \"pi@pi\"\n"
	}
	for _, m := range []struct{ file, want string }{
		{downloads, "whole machine"}, {downloads, "huggingface.co"}, {strings.Replace(downloads, "/\"\n", "/d\"\nfrom = [\"a.example\"]\n", 1), "names no checkpoint"},
		{strings.Replace(known(""), `host = "pi"`, `host = "nas"`, 1), "no host that is reached over ssh"},
		{strings.Replace(known(""), "c.b.example", "b.example", 1), "not among those in from"},
		{strings.Replace(known(""), "https:", "http:", 1), "begins with https://"},
		{strings.Replace(known(""), "example/x", "example/x?token=abcdefgh", 1), "it holds a key"},
		{strings.Replace(known(""), "x.safetensors", "x.ckpt", 1), "runs code"},
		{strings.Replace(known(""), "x.safetensors", "../x.safetensors", 1), "without a folder"},
		{strings.Replace(known(""), "aaaa", "AAAA", 1), "64 digits"},
		{strings.Replace(known(""), "size = 7", "size = 0", 1), "exactly"},
	} {
		_, err := load(t, minimal+m.file, none)
		if err == nil || !strings.Contains(err.Error(), m.want) || strings.Contains(err.Error(), "abcdefgh") {
			t.Errorf("%q: %v, want %s", m.file, err, m.want)
		}
	}
	if c, err := load(t, minimal+known(""), none); err != nil || c.ComfyUI.Downloads.KeepFree != 1e9 || len(c.ComfyUI.Downloads.Checkpoints) != 1 {
		t.Errorf("%+v, %v", c.ComfyUI.Downloads, err)
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
