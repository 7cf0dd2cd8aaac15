package docker

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// DiscoverCompose reads from the labels of containers which compose projects there are, with their files in
// the order they are brought up: the infrastructure first, then by the age of the oldest container.
func DiscoverCompose(containers []Container) []ComposeOptions {
	type phase struct {
		ComposeFile
		since time.Time
	}
	found := map[string]map[string]phase{}
	dirs := map[string]string{}
	for _, c := range containers {
		if c.Project == "" || c.File == "" || c.OneOff {
			continue
		}
		if found[c.Project] == nil {
			found[c.Project] = map[string]phase{}
		}
		p, ok := found[c.Project][c.File]
		if !ok || c.Created.Before(p.since) {
			p.since = c.Created
		}
		p.Path, p.Under = c.File, c.Under
		found[c.Project][c.File] = p
		dirs[c.Project] = cmp.Or(dirs[c.Project], c.Dir)
	}
	var list []ComposeOptions
	for project, files := range found {
		var phases []phase
		for _, p := range files {
			p.Phase = phaseOf(p.Path, len(files))
			phases = append(phases, p)
		}
		slices.SortFunc(phases, func(a, b phase) int {
			return cmp.Or(cmp.Compare(rank(a.Phase), rank(b.Phase)), a.since.Compare(b.since), cmp.Compare(a.Path, b.Path))
		})
		o := ComposeOptions{Project: project, Dir: dirs[project]}
		for _, p := range phases {
			o.Files = append(o.Files, p.ComposeFile)
		}
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b ComposeOptions) int { return cmp.Compare(a.Project, b.Project) })
	return list
}

func rank(phase string) int {
	if strings.Contains(phase, "infra") {
		return 0
	}
	return 1
}

// phaseOf names a phase after its file: docker-compose-infra.yml is «infra», docker-compose.yml is «apps».
func phaseOf(path string, files int) string {
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	for _, prefix := range []string{"docker-compose", "compose"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			name = strings.Trim(rest, "-._")
			break
		}
	}
	if name == "" || files == 1 {
		return "apps"
	}
	return name
}
