package studio

import (
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A Service is one of the studio's services as it is now, and as its file wants it.
type Service struct {
	Name, Container   string
	ID                string // "" if it has no container
	State, Health     string // of the container; Health only says something while it runs
	Exit              int
	OOM               bool // something in it was killed for lack of memory
	Restarts          int
	Started, Finished time.Time
	Streak            string // what its failing health check printed last
	Limit             int64  // of memory, in bytes; 0 is none
	Used              int64  // bytes, if it runs and was measured
	CPU               float64
	Ref, Image        string // what the file asks for, and the id of what the container was made from
	Build             bool   // it is built, not pulled
	Profile           bool   // only on demand
	Checked           bool   // its health check can fail
	Orphan            bool   // of the project, and in none of its files
}

// A Rising is a service that is to be proved up. Was, if it is not zero, is when it was started before.
type Rising struct {
	Service, Container string
	Checked            bool
	Was                time.Time
}

// A condition is what a state means for something that is started on demand. The worst stands first.
type condition int

const (
	broken condition = iota
	atRisk
	waking
	on
	off
)

func (c condition) mark() string {
	return [...]string{ops.Broken, ops.AtRisk, ops.Working, ops.Fine, ops.Off}[c]
}

// A judgement is a condition, and it in words.
type judgement struct {
	is   condition
	says ops.Text
}

// How a container ends that was asked to: by itself, or killed because it took too long. A machine that goes down leaves 255.
const (
	endedKilled      = 137
	endedWithMachine = 255
	bootSlack        = 10 * time.Minute // the engine finds out what ended once it is up itself
)

func (o Service) running() bool {
	return o.State == "running" || o.State == "restarting" || o.State == "paused"
}

// judge says what o's state means. boot is when the machine started, zero if that is not known.
func (o Service) judge(boot time.Time) judgement {
	ago := ops.Since(o.Finished)
	switch {
	case o.State == "":
		return judgement{off, ops.T("off", "éteint")}
	case o.State == "running":
		return o.judgeRunning()
	case o.State == "restarting":
		return judgement{broken, ops.T("ends again and again: exit %d", "s’arrête encore et encore : code %d", o.Exit)}
	case o.State == "paused":
		return judgement{atRisk, ops.T("paused", "en pause")}
	case o.State == "removing":
		return judgement{waking, ops.T("being removed", "en cours de retrait")}
	case o.State == "created":
		return judgement{off, ops.T("off, never started", "éteint, jamais démarré")}
	case o.State == "dead":
		return judgement{broken, ops.T("dead: the engine can neither run nor remove it", "mort : le moteur ne peut ni le lancer ni le retirer")}
	case o.OOM:
		return judgement{broken, ops.T("out of memory: killed %s ago (exit %d)", "mémoire insuffisante : tué il y a %s (code %d)", ago, o.Exit)}
	case slices.Contains([]int{0, 130, 143, endedKilled}, o.Exit):
		return judgement{off, ops.T("off for %s", "éteint depuis %s", ago)}
	case o.Exit == endedWithMachine && !boot.IsZero() && o.Finished.Before(boot.Add(bootSlack)):
		return judgement{off, ops.T("off since the machine restarted", "éteint depuis le redémarrage de la machine")}
	}
	return judgement{broken, ops.T("exited %d, %s ago", "arrêté avec le code %d, il y a %s", o.Exit, ago)}
}

// A container that the engine started again so often, and lately, comes back and ends again.
const (
	manyRestarts = 3
	lately       = time.Minute
)

func (o Service) judgeRunning() judgement {
	since := ops.Since(o.Started)
	switch {
	case o.Restarts >= manyRestarts && time.Since(o.Started) < lately:
		return judgement{broken, ops.T("ends again and again: %d times", "s’arrête encore et encore : %d fois", o.Restarts)}
	case o.Health == "unhealthy":
		says := ops.T("unhealthy", "en mauvaise santé")
		if o.Streak != "" {
			says = ops.T("unhealthy · %s", "en mauvaise santé · %s", ops.Raw(clip(o.Streak, 80)))
		}
		return judgement{broken, says}
	case o.Health == "starting":
		return judgement{waking, ops.T("starting for %s", "démarre depuis %s", since)}
	case o.OOM:
		return judgement{atRisk, ops.T("runs, but something in it was killed for lack of memory", "tourne, mais quelque chose y a été tué par manque de mémoire")}
	case o.Health == "healthy":
		return judgement{on, ops.T("healthy, up %s", "en bonne santé, lancé depuis %s", since)}
	}
	return judgement{on, ops.T("running, up %s", "en marche, lancé depuis %s", since)}
}

// memory tells what it uses against what it may.
func (o Service) memory() ops.Text {
	switch {
	case o.State != "running" || o.Used == 0:
		return ops.Text{}
	case o.Limit == 0:
		return ops.T("%s, no limit", "%s, sans limite", ops.Size(o.Used))
	}
	return ops.T("%s of %s, %d %%", "%s sur %s, %d %%", ops.Size(o.Used), ops.Size(o.Limit), o.Used*100/o.Limit)
}

// wanted reports whether the studio is up without it.
func (s *System) wanted(o Service) bool {
	if len(s.o.Services) > 0 {
		return slices.Contains(s.o.Services, o.Name)
	}
	return !o.Profile && !o.Orphan
}

// choose looks, and picks the service called name, or without one all that the studio wants.
func (s *System) choose(ctx context.Context, name string) ([]Service, error) {
	all, err := s.o.Containers.Look(ctx, false)
	if err != nil {
		return nil, err
	}
	e := &ops.Error{Kind: ops.NotFound, Param: "service", Say: ops.T("The studio has no service %s.", "Le studio n’a pas de service %s.", ops.Name(clip(name, 40)))}
	var list []Service
	for _, o := range all {
		if name == "" && s.wanted(o) || name != "" && o.Name == name {
			list = append(list, o)
		}
		e.Choices = append(e.Choices, ops.Choice{Value: o.Name})
	}
	if name != "" && len(list) == 0 {
		return nil, e
	}
	if len(list) == 0 {
		return nil, ops.Fail(ops.NotFound, ops.T("The studio's files name no service that is to run.", "Les fichiers du studio ne nomment aucun service à faire tourner."), nil)
	}
	return list, nil
}

// fact is what a decision about it rests on.
func (o Service) fact() ops.Fact {
	value := "none"
	if o.ID != "" {
		value = short(o.ID) + " " + o.State
	}
	return ops.Fact{Name: "container " + o.Container, Value: value, Label: ops.Raw(ops.Name(o.Name).String())}
}

// short is an id as people see it.
func short(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}

func nameList(list []Service) []string {
	out := make([]string, len(list))
	for i, o := range list {
		out[i] = o.Name
	}
	return out
}
