package host

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

type quickDocker struct{}

func (quickDocker) DockerDisk(context.Context) (int64, int64, string, error) {
	return 41_200_000_000, 12_000_000_000, "/var/lib/docker", nil
}

func TestShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := system(t, Host{Name: "vps", Docker: quickDocker{}}, Host{Name: "pi"}, Host{Name: "gpu"})
		vps, pi, gpu := &script{next: fine()}, &script{next: fine()}, &script{}
		vps.set(used(84))
		vps.set(func(r *Reading) { r.SwapFree = 100_000_000 })
		pi.set(func(r *Reading) { r.Swap, r.SwapFree, r.Uptime = 0, 0, 3*time.Hour })
		gpu.fail(ops.Fail(ops.Unavailable, ops.T("its node_exporter cannot be read (%s)", "son node_exporter est illisible (%s)", "timeout"), errors.New("x")))
		s.hosts[0].source, s.hosts[1].source, s.hosts[2].source = vps, pi, gpu
		for _, c := range []struct {
			lang  ops.Lang
			pairs []string
			want  string
		}{
			{ops.English, nil, `🟠 2 of 3 hosts · vps: / is 84 % full, 16 GB left
🟠 vps / 84 % · memory 50 % · swap 97 % · load 0.1 a core · up 2 d
🟢 pi / 57 % · memory 50 % · load 0.1 a core · up 3 h
🟠 gpu: its node_exporter cannot be read (timeout)
[vps ▸][pi ▸][gpu ▸]
[↻]
`},
			{ops.French, nil, `🟠 2 sur 3 machines · vps : / est plein à 84 %, reste 16 Go
🟠 vps / 84 % · mémoire 50 % · swap 97 % · charge 0.1 par cœur · démarrée il y a 2 j
🟢 pi / 57 % · mémoire 50 % · charge 0.1 par cœur · démarrée il y a 3 h
🟠 gpu : son node_exporter est illisible (timeout)
[vps ▸][pi ▸][gpu ▸]
[↻]
`},
			{ops.English, []string{"host", "vps"}, `🟠 vps: / is 84 % full, 16 GB left
   free
/ ▇▇▇▇▇▇▇▇░░ 84 % 16 GB / 100 GB
RAM ▇▇▇▇▇░░░░░ 50 % 4 GB / 8 GB
swap ▇▇▇▇▇▇▇▇▇▇ 97 % 100 MB / 4 GB
load 0.5 0.4 0.3 on 4 cores · up 2 d
Docker keeps 41.2 GB in /var/lib/docker, 12 GB of it unused
[Free space…][Who uses it]
[↻]
`},
			{ops.French, []string{"host", "pi"}, `🟢 pi va bien · / plein à 57 %, reste 40 Go
   free
/ ▇▇▇▇▇▇░░░░ 57 % 40 GB / 100 GB
RAM ▇▇▇▇▇░░░░░ 50 % 4 GB / 8 GB
charge 0.5 0.4 0.3 sur 4 cœurs · démarrée il y a 3 h
[↻]
`},
		} {
			got, err := ask(t, s, c.lang, "host.show", c.pairs...)
			if err != nil || got != c.want {
				t.Errorf("%v %v:\n%s\nnot\n%s(%v)", c.lang, c.pairs, got, c.want, err)
			}
		}
		if _, err := ask(t, s, ops.English, "host.show", "host", "gpu"); ops.KindOf(err) != ops.Unavailable {
			t.Errorf("a host that cannot be read: %v", err)
		}
		if _, err := ask(t, s, ops.English, "host.show", "host", "nas"); ops.KindOf(err) != ops.NotFound || !contains(ops.SayOf(err).En, "There is no host") {
			t.Errorf("a host that is not there: %v", err)
		}
		if _, err := ask(t, system(t), ops.English, "host.show"); ops.KindOf(err) != ops.Invalid {
			t.Errorf("no host at all: %v", err)
		}
	})
}

func TestShowOfThisMachine(t *testing.T) {
	s := system(t, Host{Name: "here"})
	for _, pairs := range [][]string{nil, {"host", "here", "measure", "containerd"}} {
		got, err := ask(t, s, ops.English, "host.show", pairs...)
		if err != nil {
			t.Fatal(err)
		}
		if !contains(got, "here") || !contains(got, "RAM ▇") || !contains(got, "load ") || pairs != nil && !contains(got, "/var/lib/containerd") {
			t.Errorf("it says\n%s", got)
		}
		if pairs == nil && !strings.Contains(got, "[Measure containerd]") {
			t.Errorf("it does not offer to measure:\n%s", got)
		}
	}
}
