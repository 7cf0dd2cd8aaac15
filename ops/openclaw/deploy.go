package openclaw

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
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
