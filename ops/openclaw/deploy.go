package openclaw

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// A Deploy is how the deployment sets models: variables in a file of its own, and a program that brings them to OpenClaw.
type Deploy struct {
	Variables string // the file: YAML, one variable a line
	Model     string // the name of an agent's variable, with {agent} in it (its dashes become _); "": models are not set there
	Profile   string // the name of the variable with the profile; "": there are no profiles
	Profiles  []string
	// Runs is the program by the sort of change, "model" or "profile", as it is shown, with {profile} in the place of the profile.
	Runs map[string][]string
	// Run runs one of those, and calls each with every line that it says. exit is its exit code.
	Run   func(ctx context.Context, argv []string, each func(line string)) (exit int, err error)
	Limit time.Duration // for one deployment; 0 is 30 min
}

const deployLimit = 30 * time.Minute

// A Restart is how a plan makes OpenClaw read its settings anew; see docker.Restart.
type Restart struct {
	Steps []ops.Step
	Again []ops.Step
	Since ops.Step
	Facts []ops.Fact
	Locks []string
}

// byVariable plans a change by the deployment's own variable. is is what proves it, was what proves that it was put back.
func (s *System) byVariable(ctx context.Context, plan *ops.Plan, name, to string, live bool, is, was hasModel) error {
	set, err := s.variablePlan(plan, name, to)
	if err != nil {
		return err
	}
	run := deployArgs{Argv: s.o.Deploy.Runs["model"]}
	again := []ops.Step{putVariable.Do(set), runDeploy.Do(run), modelIs.Verify(was)}
	plan.Steps = []ops.Step{setVariable.Do(set).Undoing(putVariable.Do(set.last())), runDeploy.Do(run).Undoing(again...)}
	if err := s.restartedBy(ctx, plan, live); err != nil {
		return err
	}
	plan.Steps = append(plan.Steps, modelIs.Verify(is), channelsLoaded.Verify(loadedArgs{s.o.Channels}))
	return nil
}

// restartedBy adds the check that the deployment restarted OpenClaw, where this version reads its settings only when it starts.
func (s *System) restartedBy(ctx context.Context, plan *ops.Plan, live bool) error {
	if live {
		return nil
	}
	r, err := s.restart(ctx, plan)
	if err == nil {
		plan.Steps = append(plan.Steps, r.Since)
		plan.Costs = append(plan.Costs, away(s))
	}
	return err
}

// variablePlan looks at the variable, and puts into plan what the change of it rests on and costs.
func (s *System) variablePlan(plan *ops.Plan, name, to string) (a variableArgs, err error) {
	f, v, err := s.variable(name)
	if err != nil {
		return a, err
	}
	plan.Facts = append(plan.Facts, ops.Fact{Name: "file", Value: f.sum(), Label: ops.T("the file of variables", "le fichier de variables")},
		ops.Fact{Name: "variable", Value: v.Raw, Label: ops.T("the variable", "la variable")})
	plan.Costs = append(plan.Costs, ops.T("%s keeps its comments; a copy of it stays beside it.", "%s garde ses commentaires ; une copie reste à côté.", ops.Name(filepath.Base(f.path))))
	if len(v.Raw) > 300 {
		return a, ops.Fail(ops.Failed, ops.T("the variable %s holds more than a model", "la variable %s contient plus qu’un modèle", ops.Name(name)), nil)
	}
	return variableArgs{Name: name, Value: to, Was: v.Raw, There: v.Found, File: filepath.Base(f.path)}, nil
}

// variable reads one of the deployment's variables.
func (s *System) variable(name string) (f fileOf, v variable, err error) {
	f, err = readVariables(s.o.Deploy.Variables)
	if err != nil {
		return f, v, unreadable(s.o.Deploy.Variables, err)
	}
	if v, err = find(f.body, name); err != nil {
		return f, v, ops.Fail(ops.Failed, ops.T("%s in %s cannot be changed by me: %s. Change it by hand and deploy.", "Je ne peux pas changer %s dans %s : %s. Change-la à la main et déploie.",
			ops.Name(name), ops.Name(f.path), whyNot(err)), err)
	}
	return f, v, nil
}

func unreadable(path string, err error) error {
	why := ops.Raw(clip(err.Error(), 160))
	if errors.Is(err, fs.ErrPermission) {
		why = ops.T("I may not", "je n’en ai pas le droit")
	} else if errors.Is(err, fs.ErrNotExist) {
		why = ops.T("it is not there", "il n’est pas là")
	}
	return ops.Fail(ops.Unavailable, ops.T("The deployment's variables in %s cannot be read or written: %s", "Les variables du déploiement dans %s ne peuvent être lues ou écrites : %s", ops.Name(path), why), err)
}

func whyNot(err error) ops.Text {
	switch {
	case errors.Is(err, errTwice):
		return ops.T("it stands there twice", "elle y figure deux fois")
	case errors.Is(err, errVault):
		return ops.T("the file is encrypted", "le fichier est chiffré")
	}
	return ops.T("its value is not one plain word", "sa valeur n’est pas un simple mot")
}

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

func (d *Deploy) check() error {
	switch {
	case d == nil:
		return nil
	case d.Variables == "" || d.Run == nil || d.Model == "" && d.Profile == "":
		return errors.New("openclaw: a deployment takes a file of variables, the name of one, and what runs it")
	case d.Model != "" && (!strings.Contains(d.Model, "{agent}") || len(d.Runs["model"]) == 0):
		return fmt.Errorf("openclaw: the name of an agent's variable holds {agent}, and something deploys it: %s", strconv.Quote(d.Model))
	case d.Profile != "" && (len(d.Profiles) == 0 || len(d.Runs["profile"]) == 0):
		return errors.New("openclaw: the profiles are named, and something deploys them")
	}
	return nil
}
