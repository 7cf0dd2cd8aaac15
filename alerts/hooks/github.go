package hooks

import (
	"errors"
	"fmt"

	"vigie/ops"
)

// github is what is needed of GitHub's events. A found secret itself is in none of these fields.
type github struct {
	Action string `json:"action"`
	Zen    string `json:"zen"`
	Repo   *struct {
		Name   string `json:"full_name"`
		Branch string `json:"default_branch"`
	} `json:"repository"`
	Run   *githubRun   `json:"workflow_run"`
	Alert *githubAlert `json:"alert"`
}

type githubRun struct {
	Name       string `json:"name"`
	Path       string `json:"path"` // ".github/workflows/ci.yml"
	Event      string `json:"event"`
	Branch     string `json:"head_branch"`
	Number     int    `json:"run_number"`
	Conclusion string `json:"conclusion"`
	Updated    string `json:"updated_at"`
	Title      string `json:"display_title"`
	Link       string `json:"html_url"`
	Head       *struct {
		Name string `json:"full_name"`
	} `json:"head_repository"`
	Actor struct {
		Login string `json:"login"`
	} `json:"actor"`
}

type githubAlert struct {
	Number   int    `json:"number"`
	Link     string `json:"html_url"`
	Created  string `json:"created_at"`
	Updated  string `json:"updated_at"`
	Sort     string `json:"secret_type_display_name"` // secret scanning
	Advisory struct {
		Summary  string `json:"summary"`
		Severity string `json:"severity"`
	} `json:"security_advisory"` // Dependabot
	Dependency struct {
		Package struct {
			Name string `json:"name"`
		} `json:"package"`
	} `json:"dependency"`
	Rule struct {
		Description string `json:"description"`
		Severity    string `json:"security_severity_level"`
	} `json:"rule"` // code scanning
}

// readGitHub reads one event. What tells of nothing wrong (a push, a star, a run that was cancelled) is no event here.
func readGitHub(r request) ([]event, error) {
	var m github
	if err := r.decode(&m); err != nil {
		return nil, err
	}
	switch r.event {
	case "":
		return nil, errors.New("the header X-GitHub-Event is missing")
	case "ping", "workflow_run", "dependabot_alert", "secret_scanning_alert", "code_scanning_alert":
	default:
		return nil, nil
	}
	repo := "?"
	if m.Repo != nil {
		repo = first(oneLine(m.Repo.Name, mostKey), repo)
	}
	e := event{facts: map[string]string{"event": r.event, "repository": repo}}
	e.Subject = "github:" + r.source + ":" + key(repo)
	switch {
	case r.event == "ping":
		e.Kind, e.Severity, e.Fades = "ping", ops.Notice, fadesTest
		e.Title = ops.T("GitHub reaches us: the webhook of %s works", "GitHub nous atteint : le webhook de %s fonctionne", ops.Name(repo))
		return []event{e}, nil
	case m.Repo == nil:
		return nil, errors.New(`"repository" is missing`)
	case r.event == "workflow_run" && m.Run == nil:
		return nil, errors.New(`"workflow_run" is missing`)
	case r.event == "workflow_run":
		return m.run(e, repo), nil
	case m.Alert == nil:
		return nil, errors.New(`"alert" is missing`)
	}
	return m.alert(e, repo, r.event), nil
}

// run is a workflow's run on the repository's own default branch: other branches are expected to fail now and then, and a
// fork may call its branch what it likes.
func (m github) run(e event, repo string) []event {
	run := m.Run
	foreign := run.Head != nil && run.Head.Name != m.Repo.Name
	if m.Action != "completed" || run.Branch != m.Repo.Branch || foreign || run.Event == "pull_request" || run.Event == "pull_request_target" {
		return nil
	}
	workflow := first(oneLine(run.Name, 40), oneLine(run.Path, 40), "?")
	e.facts["workflow"] = run.Name
	e.Subject, e.Kind, e.At = e.Subject+":"+key(first(run.Path, run.Name, "?")), "workflow", moment(run.Updated)
	switch run.Conclusion {
	case "failure", "startup_failure":
		e.Title = ops.T("%s fails in %s", "%s échoue dans %s", ops.Name(workflow), ops.Name(oneLine(repo, 50)))
	case "timed_out":
		e.Title = ops.T("%s ran out of time in %s", "%s a dépassé son temps dans %s", ops.Name(workflow), ops.Name(oneLine(repo, 50)))
	case "success":
		e.Over, e.Title = true, ops.T("%s passes again in %s", "%s passe de nouveau dans %s", ops.Name(workflow), ops.Name(oneLine(repo, 50)))
	default: // cancelled, skipped, neutral: it says nothing of the code
		return nil
	}
	line := ops.T("run %d on %s", "exécution %d sur %s", run.Number, oneLine(run.Branch, 40))
	if who := oneLine(run.Actor.Login, 40); who != "" {
		line = ops.T("%s, by %s", "%s, par %s", line, who)
	}
	e.Lines = append(e.Lines, line, ops.Raw(oneLine(run.Title, mostLine)), ops.Raw(link(run.Link)))
	return []event{e}
}

// alert is one of the three sorts of security alerts.
func (m github) alert(e event, repo, sort string) []event {
	a, where := m.Alert, ops.Name(oneLine(repo, 50))
	e.Kind = map[string]string{"dependabot_alert": "vulnerable", "secret_scanning_alert": "leaked", "code_scanning_alert": "code"}[sort]
	e.Subject, e.At = fmt.Sprintf("%s:%s:%d", e.Subject, e.Kind, a.Number), moment(a.Created)
	switch m.Action {
	case "created", "reopened", "reintroduced", "reopened_by_user", "auto_reopened", "publicly_leaked", "appeared_in_branch":
	case "fixed", "dismissed", "auto_dismissed", "resolved", "revoked", "closed_by_user":
		e.Over, e.At = true, moment(a.Updated)
	default: // assigned, validated: it is as it was
		return nil
	}
	switch sort {
	case "dependabot_alert":
		e.Severity = gravity(a.Advisory.Severity)
		e.Title = ops.T("%s is vulnerable in %s (%s)", "%s est vulnérable dans %s (%s)", ops.Name(first(oneLine(a.Dependency.Package.Name, 40), "?")), where, first(oneLine(a.Advisory.Severity, 10), "?"))
		e.Lines = append(e.Lines, ops.Raw(oneLine(a.Advisory.Summary, mostLine)))
	case "secret_scanning_alert":
		e.Severity = ops.Critical
		e.Title = ops.T("a secret lies open in %s: %s", "un secret est exposé dans %s : %s", where, first(oneLine(a.Sort, 50), "?"))
	default:
		e.Severity = gravity(a.Rule.Severity)
		e.Title = ops.T("code scanning found in %s: %s", "l’analyse du code a trouvé dans %s : %s", where, first(oneLine(a.Rule.Description, 70), "?"))
	}
	if e.Over {
		e.Title = ops.T("security alert %d in %s is closed", "l’alerte de sécurité %d dans %s est close", a.Number, where)
	}
	e.Lines = append(e.Lines, ops.Raw(link(a.Link)))
	return []event{e}
}

// gravity is a security alert's severity for us. «high» is every third one's: it can wait for the morning.
func gravity(severity string) ops.Severity {
	switch severity {
	case "critical":
		return ops.Critical
	case "low":
		return ops.Notice
	}
	return ops.Warning
}
