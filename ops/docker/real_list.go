package docker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"vigie/ops"
)

// Compose writes these on everything it makes.
const (
	labelProject = "com.docker.compose.project"
	labelService = "com.docker.compose.service"
	labelOneOff  = "com.docker.compose.oneoff"
	labelFiles   = "com.docker.compose.project.config_files"
	labelDir     = "com.docker.compose.project.working_dir"
	labelHash    = "com.docker.compose.config-hash"
	labelDepends = "com.docker.compose.depends_on"
	labelReplace = "com.docker.compose.replace"
	labelEnvFile = "com.docker.compose.project.environment_file"
)

// List implements [Host].
func (e *Engine) List(ctx context.Context) ([]Container, error) {
	c := call{doing: doList, needs: "CONTAINERS=1"}
	return ask(ctx, e, c, func(ctx context.Context, api *client.Client) ([]Container, error) {
		rows, err := api.ContainerList(ctx, container.ListOptions{All: true})
		if err != nil {
			return nil, err
		}
		list := make([]Container, len(rows))
		for i, r := range rows {
			list[i] = rowOf(r)
		}
		slices.SortFunc(list, func(a, b Container) int { return cmp.Compare(a.Name, b.Name) })
		return list, nil
	})
}

func rowOf(r container.Summary) Container {
	c := labelled(r.Labels)
	c.ID, c.Image, c.ImageID = r.ID, ops.Clean(r.Image), r.ImageID
	c.Name = ownName(r.Names)
	c.State = string(r.State)
	c.Health, c.ExitCode, c.Since = readStatus(r.Status)
	c.Created = time.Unix(r.Created, 0)
	for _, p := range r.Ports {
		if p.PublicPort != 0 {
			c.Ports = append(c.Ports, portText(p.IP, strconv.Itoa(int(p.PublicPort)), strconv.Itoa(int(p.PrivatePort)), p.Type))
		}
	}
	c.Ports = onePortEach(c.Ports)
	return c
}

// ownName picks the container's own name: a link through another container adds «/other/alias».
func ownName(names []string) string {
	for _, n := range names {
		if n = strings.TrimPrefix(n, "/"); !strings.Contains(n, "/") {
			return n
		}
	}
	return ""
}

// labelled reads what Compose wrote on a container.
func labelled(labels map[string]string) Container {
	files := configFiles(labels)
	c := Container{
		Service: ops.Clean(labels[labelService]), Project: ops.Clean(labels[labelProject]),
		OneOff: strings.EqualFold(labels[labelOneOff], "true"),
		Dir:    labels[labelDir], Replaces: ops.Clean(labels[labelReplace]),
	}
	if len(files) > 0 {
		c.File, c.Under = files[len(files)-1], files[:len(files)-1]
	}
	return c
}

func configFiles(labels map[string]string) (files []string) {
	for f := range strings.SplitSeq(labels[labelFiles], ",") {
		if f = strings.TrimSpace(f); f != "" {
			files = append(files, f)
		}
	}
	return files
}

// readStatus reads the sentence that the list gives for each container: «Up 3 minutes (unhealthy)»,
// «Exited (137) 2 minutes ago», «Restarting (1) 3 seconds ago», «Created».
func readStatus(s string) (health string, exit int, since string) {
	exit = -1
	word, rest, _ := strings.Cut(s, " ")
	switch word {
	case "Up":
		since = rest
		if at := strings.LastIndex(rest, " ("); at >= 0 && strings.HasSuffix(rest, ")") {
			since = rest[:at]
			switch note := rest[at+2 : len(rest)-1]; note {
			case "healthy", "unhealthy":
				health = note
			case "health: starting":
				health = "starting"
			}
		}
	case "Exited", "Restarting":
		code, ago, ok := strings.Cut(strings.TrimPrefix(rest, "("), ") ")
		if n, err := strconv.Atoi(code); ok && err == nil {
			exit = n
		}
		since = strings.TrimSuffix(ago, " ago")
	}
	return health, exit, since
}

func portText(ip, public, private, proto string) string {
	if strings.Contains(ip, ":") {
		ip = "[" + ip + "]"
	}
	return fmt.Sprintf("%s:%s→%s/%s", ip, public, private, proto)
}

// onePortEach drops the IPv6 twin of a port that is published on every address.
func onePortEach(ports []string) []string {
	slices.Sort(ports)
	ports = slices.Compact(ports)
	return slices.DeleteFunc(ports, func(p string) bool {
		after, ok := strings.CutPrefix(p, "[::]:")
		return ok && slices.Contains(ports, "0.0.0.0:"+after)
	})
}
