package main

import (
	"context"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
)

// selves finds the containers that Vigie stands on, by name: its own, its journal's database, the Docker proxy that
// it looks through, and what the config protects. None of them is ever stopped by it: it could not prove, or even
// tell, what came of it.
func selves(list []docker.Container, dsn, dockerHost string, protect []string) map[string]ops.Text {
	found := map[string]ops.Text{}
	add := func(match func(docker.Container) bool, why ops.Text) {
		for _, c := range list {
			if match(c) && found["container:"+c.Name].IsZero() {
				found["container:"+c.Name] = why
			}
		}
	}
	hostname, _ := os.Hostname() // "" matches nothing
	add(func(c docker.Container) bool { return len(hostname) >= 12 && strings.HasPrefix(c.ID, hostname) },
		ops.T("that is the container that I run in", "c’est le conteneur où je tourne"))
	add(at(dsn), ops.T("my journal is in that database: without it I can do nothing, not even start it again",
		"mon journal est dans cette base : sans elle je ne peux plus rien, même pas la redémarrer"))
	add(at(dockerHost), ops.T("I reach Docker through that proxy: stopped, I could not start it again",
		"je passe par ce proxy pour atteindre Docker : arrêté, je ne pourrais plus le relancer"))
	add(func(c docker.Container) bool {
		return slices.Contains(protect, c.Name) || c.Service != "" && slices.Contains(protect, c.Service)
	}, ops.T("the configuration protects it ([stack] protect)", "la configuration le protège ([stack] protect)"))
	return found
}

// at matches the container that a URL leads to: by its service or container name on a Docker network, or by the
// port that it publishes on this machine.
func at(address string) func(docker.Container) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return func(docker.Container) bool { return false }
	}
	host, port := u.Hostname(), u.Port()
	if port == "" && strings.HasPrefix(u.Scheme, "postgres") {
		port = "5432"
	}
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	return func(c docker.Container) bool {
		if !local {
			return c.Name == host || c.Service == host
		}
		return slices.ContainsFunc(c.Ports, func(p string) bool {
			outside, _, published := strings.Cut(p, "→")
			return published && strings.HasSuffix(outside, ":"+port)
		})
	}
}

// protection says of what a step would stop whether it may not be. The containers are looked up afresh, at most once
// in some seconds, so that one that was made anew is known; while Docker does not answer, the last answer holds.
func protection(ctx context.Context, host docker.Host, dsn, dockerHost string, protect []string) func(string) (ops.Text, bool) {
	var mu sync.Mutex // guards known and looked
	var known map[string]ops.Text
	var looked time.Time
	return func(what string) (ops.Text, bool) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(looked) > 5*time.Second {
			if list, err := host.List(ctx); err == nil {
				known, looked = selves(list, dsn, dockerHost, protect), time.Now()
			}
		}
		why, no := known[what]
		return why, no
	}
}
