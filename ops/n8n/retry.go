package n8n

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"vigie/ops"
)

type retryParams struct {
	Execution string `doc:"the number of the execution that failed" fr:"le numéro de l’exécution en échec"`
	Version   string `doc:"with the workflow as it was then, or as it is now" fr:"avec le workflow d’alors, ou d’aujourd’hui" choices:"then,now" also:"alors=then,aujourd’hui=now" default:"then"`
}

// A retryArgs is one execution to run again.
type retryArgs struct {
	ID     text   `json:"id"`
	Name   string `json:"name"`             // of its workflow
	Latest bool   `json:"latest,omitempty"` // with the workflow as it is now
	After  int64  `json:"after"`            // the newest retry that there was before; 0: none
}

var (
	retry = ops.Declare(&set, "n8n.retry", func(a retryArgs) ops.Text {
		if a.Latest {
			return ops.T("run execution %s of %s again from where it failed, with the workflow as it is now", "relancer l’exécution %s de %s d’où elle a échoué, avec le workflow d’aujourd’hui", ops.Name(a.ID), ops.Name(a.Name))
		}
		return ops.T("run execution %s of %s again from where it failed", "relancer l’exécution %s de %s d’où elle a échoué", ops.Name(a.ID), ops.Name(a.Name))
	}, func(ctx context.Context, s *System, a retryArgs) error { return s.retry(ctx, a) })

	retried = ops.Declare(&set, "n8n.retried", func(a retryArgs) ops.Text {
		return ops.T("the new execution ended well", "la nouvelle exécution s’est bien terminée")
	}, func(ctx context.Context, s *System, a retryArgs) error { return s.retried(ctx, a) })
)

var _ = ops.Add(&set, ops.Spec{
	Name: "n8n.retry", Command: "wf_retry", Theme: theme, Risk: ops.Disruptive, Examples: []string{"231"},
	Doc:     ops.T("Run a failed execution of n8n again, from the node that failed, and follow it to its end.", "Relancer une exécution n8n en échec, depuis le nœud qui a échoué, et la suivre jusqu’au bout."),
	Phrases: []ops.Text{ops.T("retry execution 231", "relance l’exécution 231")},
}, func(ctx context.Context, s *System, p retryParams) (ops.Plan, error) {
	if !number.MatchString(p.Execution) {
		return ops.Plan{}, &ops.Error{Kind: ops.Invalid, Param: "execution", Say: ops.T("An execution is a number, not %s. /n8n shows what failed.", "Une exécution est un nombre, pas %s. /n8n montre les échecs.", ops.Name(clip(p.Execution, 40)))}
	}
	e, why, err := s.failed(ctx, p.Execution)
	if err != nil {
		return ops.Plan{}, err
	}
	w, err := s.one(ctx, e.Workflow)
	if err != nil {
		return ops.Plan{}, err
	}
	before, err := s.retries(ctx, e)
	if err != nil {
		return ops.Plan{}, err
	}
	a := retryArgs{ID: e.ID, Name: w.title(), Latest: p.Version == "now"}
	if len(before) > 0 {
		a.After = before[0].number()
	}
	costs := []ops.Text{ops.T("What came before that node is not done again; that node and what follows is, with all its effects.", "Ce qui précède ce nœud n’est pas refait ; ce nœud et la suite le sont, avec tous leurs effets.")}
	if why.Message != "" {
		costs = append([]ops.Text{ops.T("It failed in %s: «%s»", "Échec dans %s : « %s »", ops.Name(why.Node), why.Message)}, costs...)
	}
	if !a.Latest && w.Updated.After(e.Started) {
		costs = append(costs, ops.T("%s The workflow was edited since: this runs it as it was. /wf_retry %s now takes it as it is now.", "%s Le workflow a été modifié depuis : ceci reprend celui d’alors. /wf_retry %s now prend celui d’aujourd’hui.", ops.AtRisk, string(e.ID)))
	}
	return ops.Plan{
		Title:  ops.T("Run execution %s of %s again, failed %s ago", "Relancer l’exécution %s de %s, en échec il y a %s", ops.Name(e.ID), ops.Name(w.title()), ops.Since(e.Started)),
		Target: w.title(), Locks: []string{Subject(w.ID)}, Costs: costs,
		Facts: []ops.Fact{
			{Name: "status", Value: e.Status, Label: ops.T("how it ended", "comment elle a fini")},
			{Name: "retries", Value: strconv.FormatInt(a.After, 10), Label: ops.T("its newest retry", "sa dernière relance")},
			{Name: "version", Value: w.Version, Label: ops.T("the version that was saved last", "la dernière version enregistrée")},
		},
		Steps: []ops.Step{retry.Do(a), retried.Verify(a)}, Done: ops.T("execution %s of %s run again", "exécution %s de %s relancée", ops.Name(e.ID), ops.Name(w.title())),
	}, nil
})

// failed is the execution, if it failed and no retry made it good.
func (s *System) failed(ctx context.Context, id string) (e execution, why failure, err error) {
	if err := s.get(ctx, "/executions/"+url.PathEscape(id), &e); err != nil {
		return e, why, err
	}
	switch {
	case e.Retried != "":
		return e, why, ops.Fail(ops.Invalid, ops.T("Execution %s was run again already, and %s worked.", "L’exécution %s a déjà été relancée, et %s a réussi.", ops.Name(e.ID), ops.Name(e.Retried)), nil)
	case e.Status != "error" && e.Status != "crashed":
		return e, why, ops.Fail(ops.Invalid, ops.T("Execution %s did not fail: it is %s. Only failed ones can be run again.", "L’exécution %s n’est pas en échec : elle est %s. Seules celles en échec se relancent.", ops.Name(e.ID), ops.Name(e.Status)), nil)
	}
	why, err = s.failure(ctx, e.ID)
	return e, why, err
}

func (e execution) number() int64 {
	n, _ := strconv.ParseInt(string(e.ID), 10, 64) // 0 if it is none, which no execution has
	return n
}

// retries are the retries of an execution, running ones too, the newest first.
func (s *System) retries(ctx context.Context, of execution) (list []execution, err error) {
	for _, status := range []string{"", "running", "waiting"} { // without a status running ones are left out
		found, err := s.executions(ctx, status, of.Started, 250)
		if err != nil {
			return nil, err
		}
		for _, e := range found {
			if e.RetryOf == of.ID && !slices.ContainsFunc(list, func(o execution) bool { return o.ID == e.ID }) {
				list = append(list, e)
			}
		}
	}
	slices.SortFunc(list, func(a, b execution) int { return int(b.number() - a.number()) })
	return list, nil
}

// retry asks for it. n8n answers when the new execution has ended; whether well, the check says.
func (s *System) retry(ctx context.Context, a retryArgs) error {
	body, err := json.Marshal(map[string]bool{"loadWorkflow": a.Latest})
	if err != nil {
		return err
	}
	ops.Progress(ctx, ops.T("running", "en cours"))
	got, err := s.post(ctx, "/executions/"+url.PathEscape(string(a.ID))+"/retry", string(body), runTime)
	if err != nil {
		return err
	}
	if got.code != http.StatusOK {
		return s.refusal(got)
	}
	var e struct {
		ID text `json:"id"`
	}
	if json.Unmarshal(got.body, &e) == nil && e.ID != "" {
		ops.Progress(ctx, ops.T("as execution %s", "sous le numéro %s", ops.Name(e.ID)))
	}
	return nil
}

// retried follows the new execution to its end, and says why it failed if it did.
func (s *System) retried(ctx context.Context, a retryArgs) error {
	var of execution
	if err := s.get(ctx, "/executions/"+url.PathEscape(string(a.ID)), &of); err != nil {
		return err
	}
	bound, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	ticks := time.NewTicker(3 * time.Second)
	defer ticks.Stop()
	for {
		list, err := s.retries(ctx, of)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(list, func(e execution) bool { return e.number() > a.After }); i >= 0 && list[i].ended() {
			return s.verdict(ctx, list[i])
		} else if i < 0 {
			return ops.Fail(ops.Failed, ops.T("there is no new execution: n8n did not run it again", "il n’y a pas de nouvelle exécution : n8n ne l’a pas relancée"), nil)
		}
		select {
		case <-ticks.C:
		case <-bound.Done():
			return ops.Fail(ops.Unknown, ops.T("it still runs: /verify looks again later", "elle tourne encore : /verify regarde de nouveau plus tard"), bound.Err())
		}
	}
}

func (e execution) ended() bool {
	return e.Status != "running" && e.Status != "new" && e.Status != "waiting"
}

func (s *System) verdict(ctx context.Context, e execution) error {
	if e.Status == "success" {
		ops.Progress(ctx, ops.T("execution %s worked, in %s", "l’exécution %s a réussi, en %s", ops.Name(e.ID), ops.Span(e.Stopped.Sub(e.Started))))
		return nil
	}
	why, err := s.failure(ctx, e.ID)
	if err != nil {
		return err
	}
	return ops.Fail(ops.Failed, ops.T("execution %s failed again (%s), in %s: «%s»", "l’exécution %s a encore échoué (%s), dans %s : « %s »", ops.Name(e.ID), e.Status, ops.Name(why.Node), why.Message), nil)
}
