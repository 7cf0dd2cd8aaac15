package docker

import (
	"slices"
	"time"

	"vigie/ops"
)

// What the plans of all ops on one container have in common.

// member is the row as steps name it. What is known of its health check only words the step.
func (e evidence) member() member {
	m := member{Service: e.serviceName(), Container: e.container(), Once: e.once()}
	test := e.d.HealthTest
	if e.want != nil && len(e.want.Health) > 0 {
		test = e.want.Health
	}
	m.Blind = !m.Once && !probing(test)
	return m
}

// A group is all the containers that compose makes anew together with one of them: replicas of a service.
type group struct {
	members []member
	locks   []string
	facts   []ops.Fact // of the others
}

func (e evidence) group(v view) (g group) {
	for _, o := range v.siblings(e.row) {
		m := e.member()
		if o.container() != e.container() {
			m = evidence{row: o}.member()
			g.facts = append(g.facts, o.stateFact())
		}
		g.members, g.locks = append(g.members, m), append(g.locks, "container:"+o.container())
	}
	return g
}

// since are the members, of which that of e must have been started anew.
func (g group) since(e evidence) []member {
	list := slices.Clone(g.members)
	for i := range list {
		if list[i].Container == e.container() {
			list[i] = e.since(list[i])
		}
	}
	return list
}

// serviceName is what compose calls the row; a replica's row is called by its container.
func (r row) serviceName() string {
	if r.want != nil {
		return r.want.Name
	}
	return r.name
}

// since is m, which must have been started anew. Between two ends of a crash loop that is always so.
func (e evidence) since(m member) member {
	if !e.d.looping() && !e.d.Started.IsZero() {
		m.Was = e.d.Started.UTC().Format(time.RFC3339Nano)
	}
	return m
}

// facts is the state that a plan for this container rests on. In a crash loop the moment of the last start and
// the state of the moment are left out: they change faster than anybody can say yes.
func (e evidence) facts() []ops.Fact {
	if e.box == nil {
		return []ops.Fact{{Name: "container", Value: "none", Label: ops.T("container", "conteneur")}}
	}
	list := []ops.Fact{
		{Name: "container", Value: short(e.d.ID), Label: ops.T("container", "conteneur")},
		{Name: "image", Value: short(e.d.ImageID), Label: ops.T("image", "image")},
	}
	if e.d.looping() {
		return append(list, ops.Fact{Name: "state", Value: "crash loop", Label: ops.T("state", "état")})
	}
	state := ops.Fact{Name: "state", Value: e.d.State, Label: ops.T("state", "état")}
	started := ops.Fact{Name: "started", Value: e.d.Started.UTC().Format(time.RFC3339Nano), Label: ops.T("started", "lancé")}
	health := ops.Fact{Name: "health", Value: "none", Label: ops.T("health", "santé")}
	if e.d.State == "running" && e.d.Health != "" { // a stopped container keeps a health that means nothing
		health.Value = e.d.Health
	}
	return append(list, state, health, started)
}

// costs says who notices, and what a restart does not do.
func (e evidence) costs(v view) (costs []ops.Text) {
	if d := v.dependents(e.row); len(d) > 0 && e.row.running() {
		costs = append(costs, dependentText(d))
	}
	switch {
	case e.stale():
		costs = append(costs, ops.T("🟠 its env file is newer than the container: a restart does not apply it, /recreate %s does",
			"🟠 son fichier env est plus récent que le conteneur : un redémarrage ne l’applique pas, /recreate %s oui", e.name))
	case e.moved():
		costs = append(costs, ops.T("🟠 there is another image for it by now: a restart keeps the old one, /recreate %s takes it",
			"🟠 il y a maintenant une autre image pour lui : un redémarrage garde l’ancienne, /recreate %s la prend", e.name))
	}
	return costs
}

// dependentText says who needs it: «n8n and 2 more depend on it».
func dependentText(names []string) ops.Text {
	if len(names) == 1 {
		return ops.T("%s depends on it", "%s en dépend", ops.Name(names[0]))
	}
	return ops.T("%s depend on it", "%s en dépendent", list(2, names...))
}
