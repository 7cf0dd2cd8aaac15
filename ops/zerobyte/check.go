package zerobyte

import (
	"cmp"
	"context"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
)

// Subject is what a job is called in troubles and plans: "job:DB-Full". A blank would end a word.
func Subject(job string) string { return "job:" + dashed(job) }

func dashed(name string) string { return strings.Join(strings.Fields(name), "-") }

// Check compares what Zerobyte has with what it should have, the gravest first. It changes nothing, and takes three
// requests, and one more for each volume of Qdrant.
func (s *System) Check(ctx context.Context) ([]Difference, error) {
	l, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	c := &comparison{System: s, look: l}
	c.repositories()
	if err := c.volumes(ctx); err != nil {
		return nil, err
	}
	c.jobs()
	order := []ops.Severity{ops.Critical, ops.Warning, ops.Notice}
	slices.SortStableFunc(c.list, func(a, b Difference) int {
		return cmp.Or(slices.Index(order, a.Severity)-slices.Index(order, b.Severity), cmp.Compare(a.Subject, b.Subject))
	})
	return c.list, nil
}

type comparison struct {
	*System
	look look
	list []Difference
}

func (c *comparison) say(subject, kind string, severity ops.Severity, says ops.Text) {
	c.list = append(c.list, Difference{subject, kind, severity, says})
}

func (c *comparison) repositories() {
	for _, want := range c.o.Desired.Repositories {
		subject, name := "repository:"+dashed(want.Name), ops.Name(want.Name)
		at := slices.IndexFunc(c.look.repositories, func(r repository) bool { return r.Name == want.Name })
		if at < 0 {
			c.say(subject, "missing", ops.Warning, ops.T("repository %s is missing", "le dépôt %s manque", name))
			continue
		}
		if is := c.look.repositories[at]; want.Type != "" && is.Type != want.Type {
			c.say(subject, "type", ops.Warning, ops.T("repository %s is of type %s, not %s", "le dépôt %s est de type %s, et non %s", name, ops.Name(is.Type), ops.Name(want.Type)))
		}
	}
	for _, r := range c.look.sick() {
		c.say("repository:"+dashed(r.Name), "broken", ops.Warning, ops.T("repository %s is broken: %s", "le dépôt %s est cassé : %s", ops.Name(r.Name), quoted(clip(ops.Clean(c.hide(r.Error)), 120))))
	}
}

func (c *comparison) volumes(ctx context.Context) error {
	for _, want := range c.o.Desired.Volumes {
		subject, name := "volume:"+dashed(want.Name), ops.Name(want.Name)
		at := slices.IndexFunc(c.look.volumes, func(v volume) bool { return v.Name == want.Name })
		if at < 0 {
			c.say(subject, "missing", ops.Warning, ops.T("volume %s is missing: %s is not backed up", "le volume %s manque : %s n’est pas sauvegardé", name, ops.Name(want.Path)))
			continue
		}
		is := c.look.volumes[at]
		if is.Type == "directory" && want.Path != "" && path.Clean(is.Config.Path) != path.Clean(want.Path) {
			c.say(subject, "path", ops.Warning, ops.T("volume %s is %s, not %s", "le volume %s est %s, et non %s", name, ops.Name(is.Config.Path), ops.Name(want.Path)))
		}
	}
	for _, v := range c.look.unmounted() {
		c.say("volume:"+dashed(v.Name), "unmounted", ops.Warning, ops.T("volume %s is not mounted: its backups fail", "le volume %s n’est pas monté : ses sauvegardes échouent", ops.Name(v.Name)))
	}
	for _, v := range c.look.volumes {
		if !strings.Contains(strings.ToLower(v.Name+v.Config.Path), "qdrant") || v.Status != "mounted" {
			continue
		}
		only, err := c.namesOnly(ctx, v)
		if err != nil {
			return err
		}
		if only {
			c.say("volume:"+dashed(v.Name), "names-only", ops.Warning, ops.T("volume %s holds only the names of Qdrant's snapshots, and none of their data: nothing of Qdrant can be restored from it",
				"le volume %s ne contient que les noms des instantanés de Qdrant, et pas leurs données : rien de Qdrant n’en serait restaurable", ops.Name(v.Name)))
		}
	}
	return nil
}

// nameFile is what the stack's script leaves of a Qdrant snapshot: a text file with its name.
var nameFile = regexp.MustCompile(`(?i)snapshot[^/]*\.txt$`)

// namesOnly reports whether a volume holds name files and nothing else.
func (c *comparison) namesOnly(ctx context.Context, v volume) (bool, error) {
	var list struct {
		Files []struct {
			Name string `json:"name"`
			Type string `json:"type"`
			Size int64  `json:"size"`
		} `json:"files"`
	}
	err := error(nil)
	for _, at := range []string{v.ShortID, v.Name} { // early versions take the name
		if at == "" {
			continue
		}
		if err = c.get(ctx, "/api/v1/volumes/"+url.PathEscape(at)+"/files?path=/", &list); ops.KindOf(err) != ops.NotFound {
			break
		}
	}
	if kind := ops.KindOf(err); kind == ops.NotFound || kind == ops.Failed { // it cannot be listed, which says nothing of what is in it
		return false, nil
	}
	for _, f := range list.Files {
		if f.Type != "file" || f.Size > 4096 || !nameFile.MatchString(f.Name) {
			return false, err
		}
	}
	return len(list.Files) > 0, err
}

func (c *comparison) jobs() {
	known := map[string]bool{}
	for _, want := range c.o.Desired.Jobs {
		known[strings.ToLower(want.Name)] = true
		at := slices.IndexFunc(c.look.jobs, func(j job) bool { return strings.EqualFold(j.Name, want.Name) })
		if at < 0 {
			c.say(Subject(want.Name), "missing", ops.Warning, ops.T("job %s is missing: %s is not backed up", "la tâche %s manque : %s n’est pas sauvegardé", ops.Name(want.Name), ops.Name(want.Volume)))
			continue
		}
		c.job(want, c.look.jobs[at])
	}
	for _, j := range c.look.jobs {
		if len(known) > 0 && !known[strings.ToLower(j.Name)] {
			c.say(Subject(j.Name), "extra", ops.Notice, ops.T("job %s is in no table", "la tâche %s n’est dans aucun tableau", ops.Name(j.Name)))
		}
	}
}

func (c *comparison) job(want DesiredJob, is job) {
	subject, name := Subject(want.Name), ops.Name(want.Name)
	var keep Retention
	if is.Keep != nil {
		keep = *is.Keep
	}
	if !is.Enabled {
		c.say(subject, "disabled", ops.Warning, ops.T("job %s is disabled", "la tâche %s est désactivée", name))
	}
	if want.Cron != "" && cron(is.Cron) != cron(want.Cron) {
		c.say(subject, "cron", ops.Notice, ops.T("job %s runs at %s, not at %s", "la tâche %s tourne à %s, et non à %s", name, ops.Name(is.Cron), ops.Name(want.Cron)))
	}
	if want.Keep != (Retention{}) && keep != want.Keep {
		c.say(subject, "retention", severityOf(keep, want.Keep), ops.T("job %s keeps %s, not %s", "la tâche %s garde %s, et non %s", name, ops.Name(keep.String()), ops.Name(want.Keep.String())))
	}
	if want.Volume != "" && is.Volume.Name != want.Volume {
		c.say(subject, "volume", ops.Warning, ops.T("job %s backs up %s, not %s", "la tâche %s sauvegarde %s, et non %s", name, ops.Name(is.Volume.Name), ops.Name(want.Volume)))
	}
	if want.Repository != "" && is.Repository.Name != want.Repository {
		c.say(subject, "repository", ops.Warning, ops.T("job %s writes to %s, not to %s", "la tâche %s écrit dans %s, et non dans %s", name, ops.Name(is.Repository.Name), ops.Name(want.Repository)))
	}
}

// severityOf a retention: keeping less than meant loses something, keeping more costs disk. Keeping no rule at all removes
// nothing, ever.
func severityOf(is, want Retention) ops.Severity {
	if is == (Retention{}) {
		return ops.Notice
	}
	for _, pair := range [][2]int{{is.Last, want.Last}, {is.Hourly, want.Hourly}, {is.Daily, want.Daily}, {is.Weekly, want.Weekly}, {is.Monthly, want.Monthly}, {is.Yearly, want.Yearly}} {
		if pair[0] < pair[1] {
			return ops.Warning
		}
	}
	return ops.Notice
}
