package docker

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/docker/go-units"

	"vigie/ops"
)

// Inspect implements [Host]. The values of the environment are dropped here: no caller ever sees one.
func (e *Engine) Inspect(ctx context.Context, id string) (Detail, error) {
	c := call{doing: doInspect, needs: "CONTAINERS=1", what: containerNoun, object: id}
	if id == "" {
		return Detail{}, ops.Fail(ops.NotFound, ops.T("No container was named.", "Aucun conteneur n’est nommé."), nil)
	}
	return ask(ctx, e, c, func(ctx context.Context, api *client.Client) (Detail, error) {
		r, err := api.ContainerInspect(ctx, id)
		if err != nil {
			return Detail{}, err
		}
		if !meant(id, r.ID, r.Name) {
			return Detail{}, errdefs.ErrNotFound.WithMessage("only an id that begins with " + id)
		}
		return detailOf(r), nil
	})
}

// meant reports whether id is the container's name or id. The engine also takes any few first letters
// of an id, so that the name of a container that is gone could hit another one.
func meant(id, full, name string) bool {
	return id == full || id == strings.TrimPrefix(name, "/") || len(id) >= 12 && strings.HasPrefix(full, id)
}

func detailOf(r container.InspectResponse) Detail {
	d := Detail{Container: Container{}}
	if r.Config != nil {
		d.Container = labelled(r.Config.Labels)
		configOf(&d, r.Config)
	}
	d.ID, d.Name, d.ImageID, d.Restarts = r.ID, strings.TrimPrefix(r.Name, "/"), r.Image, r.RestartCount
	d.Created = parseTime(r.Created)
	d.Command = cleaned(append([]string{r.Path}, r.Args...))
	stateOf(&d, r.State)
	if h := r.HostConfig; h != nil {
		d.Policy = policyText(h.RestartPolicy)
		d.Memory, d.CPUs = h.Memory, float64(h.NanoCPUs)/1e9
		if d.CPUs == 0 && h.CPUPeriod > 0 {
			d.CPUs = float64(h.CPUQuota) / float64(h.CPUPeriod)
		}
	}
	for _, m := range r.Mounts {
		d.Mounts = append(d.Mounts, ops.Clean(cmp.Or(m.Name, m.Source)+":"+m.Destination))
	}
	slices.Sort(d.Mounts)
	if n := r.NetworkSettings; n != nil {
		d.Networks = slices.Sorted(maps.Keys(n.Networks))
		for private, bound := range n.Ports {
			for _, b := range bound {
				d.Ports = append(d.Ports, portText(b.HostIP, b.HostPort, private.Port(), private.Proto()))
			}
		}
		d.Ports = onePortEach(d.Ports)
	}
	return d
}

func configOf(d *Detail, c *container.Config) {
	d.Image, d.TTY, d.User = ops.Clean(c.Image), c.Tty, ops.Clean(c.User)
	for i, pair := range c.Env {
		name, _, _ := strings.Cut(pair, "=")
		d.Env = append(d.Env, ops.Clean(name))
		c.Env[i] = ""
	}
	slices.Sort(d.Env)
	d.Grace = 10 * time.Second
	if c.StopTimeout != nil {
		d.Grace = time.Duration(*c.StopTimeout) * time.Second
	}
	d.ConfigHash = c.Labels[labelHash]
	for f := range strings.SplitSeq(c.Labels[labelEnvFile], ",") {
		if f != "" {
			d.EnvFiles = append(d.EnvFiles, f)
		}
	}
	for dep := range strings.SplitSeq(c.Labels[labelDepends], ",") { // "redis:service_healthy:false"
		if name, _, _ := strings.Cut(dep, ":"); name != "" {
			d.DependsOn = append(d.DependsOn, ops.Clean(name))
		}
	}
	if h := c.Healthcheck; h != nil && len(h.Test) > 0 && h.Test[0] != "NONE" {
		d.HealthTest = cleaned(h.Test)
		d.HealthEvery, d.HealthStart = cmp.Or(h.Interval, 30*time.Second), h.StartPeriod
	}
}

func stateOf(d *Detail, s *container.State) {
	d.ExitCode = -1
	if s == nil {
		return
	}
	d.State, d.OOM, d.Error = string(s.Status), s.OOMKilled, ops.Clean(s.Error)
	d.Started, d.Finished = parseTime(s.StartedAt), parseTime(s.FinishedAt)
	switch d.State {
	case "exited", "dead", "restarting":
		d.ExitCode = s.ExitCode
		d.Since = spanSince(d.Finished)
	case "running", "paused":
		d.Since = spanSince(d.Started)
	}
	if s.Health == nil {
		return
	}
	if s.Running && s.Health.Status != container.NoHealthcheck {
		d.Health = string(s.Health.Status) // what a stopped container keeps is frozen, and means nothing
	}
	d.Streak = s.Health.FailingStreak
	for _, r := range s.Health.Log {
		if r != nil {
			d.HealthLog = append(d.HealthLog, HealthResult{At: r.End, Exit: r.ExitCode, Output: strings.TrimSpace(ops.Clean(r.Output))})
		}
	}
}

func spanSince(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return units.HumanDuration(time.Since(t))
}

func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() <= 1 {
		return time.Time{}
	}
	return t
}

func policyText(p container.RestartPolicy) string {
	if p.MaximumRetryCount > 0 {
		return string(p.Name) + ":" + strconv.Itoa(p.MaximumRetryCount)
	}
	return cmp.Or(string(p.Name), "no")
}

func cleaned(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = ops.Clean(s)
	}
	return out
}
