package openclaw

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A variableArgs is one variable of the deployment, as it is to be and as it was.
type variableArgs struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Was   string `json:"was,omitempty"`  // as it stood there, quotes and all
	There bool   `json:"there"`          // it stood there
	File  string `json:"file"`           // what the file is called; where it is, the configuration says
	Last  bool   `json:"last,omitempty"` // it was put back by the undo of a later step, if that one was begun
}

func (a variableArgs) last() variableArgs {
	a.Last = true
	return a
}

type deployArgs struct {
	Argv []string `json:"argv"`
}

var (
	setVariable = ops.Declare(&set, "openclaw.set_variable", func(a variableArgs) ops.Text {
		return ops.T("set %s to %s in %s", "mettre %s à %s dans %s", ops.Name(a.Name), ops.Name(a.Value), ops.Name(a.File))
	}, func(ctx context.Context, s *System, a variableArgs) error {
		return s.writeVariable(ctx, a, quoted(a.Value), true)
	})

	putVariable = ops.Declare(&set, "openclaw.put_variable", func(a variableArgs) ops.Text {
		if a.Last {
			return ops.T("make sure that %s is as it was in %s", "s’assurer que %s est comme avant dans %s", ops.Name(a.Name), ops.Name(a.File))
		}
		return ops.T("put %s back as it was in %s", "remettre %s comme avant dans %s", ops.Name(a.Name), ops.Name(a.File))
	}, func(ctx context.Context, s *System, a variableArgs) error {
		return s.writeVariable(ctx, a, a.Was, a.There)
	})

	runDeploy = ops.Declare(&set, "openclaw.deploy", func(a deployArgs) ops.Text {
		return ops.T("deploy: %s", "déployer : %s", ops.Name(clip(strings.Join(a.Argv, " "), 120)))
	}, func(ctx context.Context, s *System, a deployArgs) error { return s.deploy(ctx, a.Argv) })
)

// writeVariable makes the variable read raw, unless it does; found false takes away what was added.
func (s *System) writeVariable(ctx context.Context, a variableArgs, raw string, found bool) error {
	if s.o.Deploy == nil || !modelShape.MatchString(a.Value) {
		return ops.Fail(ops.Failed, ops.T("the deployment's variables are not set here any more", "les variables du déploiement ne se règlent plus ici"), nil)
	}
	f, v, err := s.variable(a.Name)
	if err != nil {
		return err
	}
	if v.Found == found && v.Raw == raw {
		ops.Progress(ctx, ops.T("it reads so already", "c’est déjà ainsi"))
		return nil
	}
	if ours := quoted(a.Value); v.Raw != a.Was && v.Raw != ours {
		return ops.Fail(ops.Failed, ops.T("%s was changed by somebody else meanwhile, and is left as it is", "%s a été changée entre-temps par un autre, et reste ainsi", ops.Name(a.Name)), nil)
	}
	body, err := replace(f.body, a.Name, raw, found)
	if err != nil {
		return err
	}
	kept, err := f.save(body, time.Now())
	if err != nil {
		return unreadable(f.path, err)
	}
	ops.Progress(ctx, ops.T("what was there is kept as %s", "l’ancien est gardé sous %s", ops.Name(filepath.Base(kept))))
	return nil
}

// deploy runs the deployment. How it ends is told and not judged: a deployment of the stack ends with tests of everything, some of
// which fail for reasons of their own; what counts is what OpenClaw says afterwards.
func (s *System) deploy(ctx context.Context, argv []string) error {
	if d := s.o.Deploy; d == nil || !s.mayRun(argv) {
		return ops.Fail(ops.Failed, ops.T("that program is not among those that may deploy", "ce programme n’est pas de ceux qui peuvent déployer"), nil)
	}
	limit := s.o.Deploy.Limit
	if limit == 0 {
		limit = deployLimit
	}
	bound, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	last := ""
	exit, err := s.o.Deploy.Run(bound, argv, func(line string) {
		if line = clip(line, 120); line != "" {
			last = line
			ops.Progress(ctx, ops.Raw(line))
		}
	})
	switch {
	case err != nil && bound.Err() != nil && ctx.Err() == nil:
		return ops.Fail(ops.Unknown, ops.T("the deployment was ended after %s; its last line: «%s»", "le déploiement a été arrêté après %s ; sa dernière ligne : « %s »", ops.Span(limit), last), err)
	case err != nil:
		return err
	case exit != 0:
		ops.Progress(ctx, ops.T("ended with %d: «%s»; what OpenClaw says is what counts", "terminé par %d : « %s » ; c’est ce que dit OpenClaw qui compte", exit, last))
	default:
		ops.Progress(ctx, ops.T("ended well", "bien terminé"))
	}
	return nil
}

// mayRun reports whether argv is exactly one of the configured programs, with one of the configured profiles.
func (s *System) mayRun(argv []string) bool {
	for _, run := range s.o.Deploy.Runs {
		for _, profile := range append([]string{"{profile}"}, s.o.Deploy.Profiles...) {
			if slices.Equal(argv, withProfile(run, profile)) {
				return true
			}
		}
	}
	return false
}

func withProfile(run []string, profile string) []string {
	out := make([]string, len(run))
	for i, w := range run {
		out[i] = strings.ReplaceAll(w, "{profile}", profile)
	}
	return out
}
