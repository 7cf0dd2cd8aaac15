package docker

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"vigie/ops"
)

// A farAway answers as `docker compose` on another machine does, by verb.
type farAway map[string]struct {
	out, errs string
	exit      int
	err       error
}

func (f farAway) Compose(_ context.Context, verb string, services []string, say func(string)) ([]byte, int, error) {
	a, ok := f[verb]
	if !ok {
		return nil, 0, errors.New("nobody expected " + verb + " " + strings.Join(services, " "))
	}
	for _, text := range []string{a.out, a.errs} {
		for line := range strings.Lines(text) {
			if say != nil {
				say(strings.TrimRight(line, "\n"))
			}
		}
	}
	return []byte(a.out), a.exit, a.err
}

// farConfig is what Compose 2.40 prints of the studio's file.
const farConfig = `{
  "name": "creative",
  "services": {
    "comfyui": {
      "build": {"context": "/opt/studio", "dockerfile": "Dockerfile"}, "command": null, "entrypoint": null, "container_name": "workstation_comfyui",
      "environment": {"HF_TOKEN": "hf_value_of_the_token", "PRICE": "5$$"},
      "healthcheck": {"test": ["CMD", "python", "-c", "x"], "start_period": "2m0s"}, "mem_limit": "2147483648", "restart": "unless-stopped", "networks": {"default": null}
    },
    "metube": {"profiles": ["extra"], "command": null, "entrypoint": null, "image": "alexta69/metube:1", "networks": {"default": null}},
    "remotion": {
      "command": null, "entrypoint": null, "image": "remotion:4.0.437", "deploy": {"resources": {"limits": {"memory": "1610612736"}}, "placement": {}},
      "depends_on": {"comfyui": {"condition": "service_healthy", "required": true}}, "networks": {"default": null}
    }
  },
  "networks": {"default": {"name": "creative_default", "ipam": {}}}
}`

func openFar(t *testing.T, far Far) *FarProject {
	t.Helper()
	p, err := OpenFar(far, ComposeOptions{Project: "creative", Files: []ComposeFile{{Path: "/opt/studio/creative.yml", Phase: "studio"}}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFarFiles(t *testing.T) {
	files, err := openFar(t, farAway{"config": {out: farConfig}}).Files(t.Context())
	if err != nil || len(files) != 1 || len(files[0].Services) != 3 {
		t.Fatalf("%+v, %v", files, err)
	}
	comfy, metube, remotion := files[0].Services[0], files[0].Services[1], files[0].Services[2]
	if comfy.Container != "workstation_comfyui" || !comfy.Build || comfy.Memory != 2<<30 || len(comfy.Health) != 4 || len(comfy.Profiles) != 0 {
		t.Errorf("%+v", comfy)
	}
	if !slices.Equal(metube.Profiles, []string{"extra"}) || metube.Image != "alexta69/metube:1" {
		t.Errorf("%+v", metube)
	}
	if remotion.Memory != 1536<<20 || !slices.Equal(remotion.DependsOn, []string{"comfyui"}) || remotion.Container != "creative-remotion-1" || remotion.Build {
		t.Errorf("%+v", remotion)
	}
}

// What goes wrong over there is told with what to do, and never with what the file holds.
func TestFarSaysWhatIsWrong(t *testing.T) {
	type answers = farAway
	away := ops.Fail(ops.Unavailable, ops.T("pi is away", "pi est absente"), nil)
	for name, c := range map[string]struct {
		far  farAway
		do   func(*FarProject) error
		kind ops.ErrorKind
		says string
	}{
		"no docker there":     {answers{"version": {errs: "env: ‘docker’: No such file or directory\n", exit: 127}}, func(p *FarProject) error { return p.Ready(t.Context()) }, ops.Unavailable, "install docker"},
		"no compose there":    {answers{"version": {errs: "docker: 'compose' is not a docker command.\nSee 'docker --help'\n", exit: 1}}, func(p *FarProject) error { return p.Ready(t.Context()) }, ops.Unavailable, "compose plugin"},
		"compose 1":           {answers{"version": {out: "1.29.2"}}, func(p *FarProject) error { return p.Ready(t.Context()) }, ops.Unavailable, "2 or newer"},
		"an old compose":      {answers{"config": {errs: "unknown flag: --no-env-resolution\n", exit: 16}}, func(p *FarProject) error { _, err := p.Files(t.Context()); return err }, ops.Unavailable, "2.32"},
		"no file there":       {answers{"config": {errs: "open /opt/studio/creative.yml: no such file or directory\n", exit: 14}}, func(p *FarProject) error { _, err := p.Files(t.Context()); return err }, ops.Failed, "no such file"},
		"nonsense":            {answers{"config": {out: `{"services": {"a": {"image": 3, "environment": {"T": "hf_value_of_the_token"}}}}`}}, func(p *FarProject) error { _, err := p.Files(t.Context()); return err }, ops.Invalid, "cannot be read here"},
		"away":                {answers{"config": {err: away}}, func(p *FarProject) error { _, err := p.Files(t.Context()); return err }, ops.Unavailable, "pi is away"},
		"lost in the middle":  {answers{"up": {errs: " Container a Starting\n", err: ops.Fail(ops.Unknown, ops.Raw("lost"), nil)}}, func(p *FarProject) error { return up1(t, p) }, ops.Unknown, "lost"},
		"an image is missing": {answers{"up": {errs: "Error response from daemon: No such image: remotion:4.0.437\n", exit: 1}}, func(p *FarProject) error { return up1(t, p) }, ops.NotFound, "remotion:4.0.437"},
		"another's file":      {answers{}, func(p *FarProject) error { return p.Stop(t.Context(), "/etc/other.yml", []string{"a"}, nil) }, ops.NotFound, "other.yml"},
		"down":                {answers{}, func(p *FarProject) error { return p.Down(t.Context(), "/opt/studio/creative.yml", nil) }, ops.Invalid, "not removed"},
	} {
		err := c.do(openFar(t, c.far))
		if ops.KindOf(err) != c.kind || !strings.Contains(ops.Unmark(ops.SayOf(err).En), c.says) || ops.SayOf(err).Fr == "" {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), "hf_value") {
			t.Errorf("%s: a value is shown: %v", name, err)
		}
	}
}

func up1(t *testing.T, p *FarProject) error {
	return p.Up(t.Context(), "/opt/studio/creative.yml", []string{"comfyui"}, false, nil)
}

// Without names, all are meant that run without being asked for.
func TestFarAll(t *testing.T) {
	var asked []string
	far := recorded{farAway{"config": {out: farConfig}, "up": {}, "stop": {}}, &asked}
	p := openFar(t, far)
	for _, do := range []func() error{
		func() error { return p.Up(t.Context(), "/opt/studio/creative.yml", nil, false, nil) },
		func() error { return p.Stop(t.Context(), "/opt/studio/creative.yml", nil, nil) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"config", "up comfyui remotion", "stop comfyui metube remotion"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
	for _, o := range []ComposeOptions{{}, {Project: "creative"}, {Project: "-v", Files: []ComposeFile{{Path: "/a"}}}, {Project: "a", Files: []ComposeFile{{Path: "/a"}, {Path: "/b"}}}} {
		if _, err := OpenFar(far, o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

type recorded struct {
	farAway
	asked *[]string
}

func (r recorded) Compose(ctx context.Context, verb string, services []string, say func(string)) ([]byte, int, error) {
	*r.asked = append(*r.asked, strings.TrimSpace(verb+" "+strings.Join(services, " ")))
	return r.farAway.Compose(ctx, verb, services, say)
}
