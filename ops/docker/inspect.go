package docker

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
)

type inspectParams struct {
	Service string `doc:"which service" fr:"quel service" names:"service"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "docker.inspect", Command: "inspect", Theme: themeLook, Examples: []string{"n8n"},
	Doc: ops.T("Everything that tells why a service is as it is.", "Tout ce qui dit pourquoi un service est dans cet état."),
	Phrases: []ops.Text{
		ops.T("look at n8n", "regarde n8n"), ops.T("how is n8n", "comment va n8n"), ops.T("inspect n8n", "inspecte n8n"),
		ops.T("is n8n up", "est-ce que n8n tourne"), ops.T("state of n8n", "état de n8n"), ops.T("check n8n", "vérifie n8n"),
	},
}, func(ctx context.Context, s *Stack, p inspectParams) (ops.Answer, error) {
	v, r, err := s.one(ctx, p.Service)
	if err != nil {
		return ops.Answer{}, err
	}
	e, err := s.gather(ctx, v, r, true)
	if err != nil {
		return ops.Answer{}, err
	}
	a := ops.Say(e.line())
	if likely := e.likely(); !likely.IsZero() {
		a.Line(ops.T("Likely: %s", "Probablement : %s", likely))
	}
	e.tell(&a)
	if e.box != nil {
		a.Code(e.healthLog(), true)
		a.Code(e.lastErrors(), true)
		if len(e.d.Env) > 0 {
			a.Code("env: "+strings.Join(e.d.Env, " "), true)
		}
	}
	e.buttons(&a)
	return a, nil
})

// tell adds the facts, one matter a line; what is as anybody would expect is left out.
func (e evidence) tell(a *ops.Answer) {
	if e.box == nil {
		if e.file.IsZero() {
			return
		}
		a.Line(ops.T("expected by %s, image %s", "attendu par %s, image %s", ops.Name(e.row.file), ops.Name(e.ref())))
		return
	}
	lines := []ops.Text{e.history(), e.resources(), e.imageLine(), e.needsLine()}
	if changed := e.changed(); !changed.IsZero() && !e.stale() || e.stale() && !e.is.needsYou() {
		lines = append(lines, ops.T("🟠 %s: a recreate applies it, a restart does not", "🟠 %s : le recréer l’applique, le redémarrer non", changed))
	}
	switch {
	case blind(e.d.HealthTest):
		lines = append(lines, ops.T("⚪ its health check %s cannot fail: healthy proves nothing", "⚪ son test de santé %s ne peut pas échouer : il ne prouve rien", ops.Name(testLine(e.d.HealthTest))))
	case !probing(e.d.HealthTest) && e.d.State == "running" && !e.once():
		lines = append(lines, ops.T("⚪ it has no health check: running is all that is known", "⚪ il n’a pas de test de santé : on sait seulement qu’il tourne"))
	}
	for _, l := range lines {
		if !l.IsZero() {
			a.Line(l)
		}
	}
}

// history says how it came to be as it is: exit code, restarts, what the engine does when it ends.
func (e evidence) history() ops.Text {
	var parts []ops.Text
	if e.d.State != "running" && e.d.State != "created" && e.d.State != "paused" && command(e).IsZero() {
		parts = append(parts, exitMeaning(e.d.ExitCode, e.starved()))
	}
	if n := e.d.Restarts; n > 0 {
		parts = append(parts, ops.T("%s by the engine", "%s par le moteur", ops.Count{N: n, EnOne: "restart", EnMany: "restarts", FrOne: "redémarrage", FrMany: "redémarrages"}))
	}
	if !e.d.Started.IsZero() && e.d.State == "running" {
		parts = append(parts, ops.T("started %s ago", "lancé il y a %s", ops.Since(e.d.Started)))
	}
	if !e.once() && e.d.Policy != "" && e.d.Policy != "unless-stopped" && e.d.Policy != "always" {
		parts = append(parts, ops.T("restart policy %s", "politique de redémarrage %s", ops.Name(e.d.Policy)))
	}
	return ops.Join(" · ", parts...)
}

// resources says what it uses against what it may.
func (e evidence) resources() ops.Text {
	switch {
	case !e.measured && e.d.Memory == 0:
		return ops.Text{}
	case !e.measured:
		return ops.T("memory limit %s", "limite de mémoire %s", ops.Size(e.d.Memory))
	}
	t := ops.T("%s · CPU %.0f %% of a core", "%s · CPU %.0f %% d’un cœur", memoryText(e.usage.Memory, e.d.Memory), e.usage.CPU)
	if e.full() {
		t = ops.Join(" ", ops.Raw(ops.AtRisk), t)
	}
	return t
}

// memoryText says how much of limit is used; a limit of 0 is none.
func memoryText(used, limit int64) ops.Text {
	if limit == 0 {
		return ops.T("memory %s, no limit", "mémoire %s, sans limite", ops.Size(used))
	}
	return ops.T("memory %s of %s (%d %%)", "mémoire %s sur %s (%d %%)", ops.Size(used), ops.Size(limit), used*100/limit)
}

func (e evidence) imageLine() ops.Text {
	ref := e.box.Image
	if ref == "" || strings.HasPrefix(ref, "sha256:") {
		ref = short(e.d.ImageID)
	}
	made := ops.Text{}
	if !e.image.Created.IsZero() && e.image.Created.Year() > 2000 { // reproducible builds say 1970 or 1980
		made = ops.T("built %s ago", "construite il y a %s", ops.Since(e.image.Created))
	}
	box := ops.Text{}
	if !e.d.Created.IsZero() {
		box = ops.T("container made %s ago", "conteneur créé il y a %s", ops.Since(e.d.Created))
	}
	return ops.Join(" · ", ops.T("image %s", "image %s", ops.Name(ref)), made, box)
}

// needsLine names what it depends on, each with its mark.
func (e evidence) needsLine() ops.Text {
	if len(e.needs) == 0 {
		return ops.Text{}
	}
	names := []string{}
	for _, n := range e.needs[:min(len(e.needs), 5)] {
		names = append(names, n.is.mark()+" "+ops.Name(n.name).String())
	}
	return ops.T("needs %s", "a besoin de %s", strings.Join(names, ", "))
}

// healthLog is the output of the newest failing health check.
func (e evidence) healthLog() string {
	if e.is != unhealthy {
		return ""
	}
	out := strings.TrimSpace(ops.Clean(e.d.sickness()))
	if len([]rune(out)) <= 80 {
		return "" // the first line said it
	}
	return "health: " + clipBytes(out, 1200)
}

// lastErrors are the newest lines that look like errors, or the newest of any kind where it is not well.
func (e evidence) lastErrors() string {
	var words []string
	said := map[string]bool{} // a crash loop says the same at each start: the newest of them is enough
	for _, l := range slices.Backward(e.lines) {
		what := clock.ReplaceAllString(l.Text, "")
		if troubled(l.Text) && len(words) < 6 && !said[what] {
			words = append(words, clip(l.Text, 200))
			said[what] = true
		}
	}
	if len(words) == 0 && e.is.needsYou() {
		for _, l := range slices.Backward(e.lines[max(0, len(e.lines)-6):]) {
			words = append(words, clip(l.Text, 200))
		}
	}
	slices.Reverse(words)
	return strings.Join(words, "\n")
}

// clock is what an app writes before or among its words to say when, and how long something took.
var clock = regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|\b\d\d:\d\d:\d\d\S*|\bduration=\S+`)

func clipBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// buttons offers what would help, the likeliest first.
func (e evidence) buttons(a *ops.Answer) {
	ask := func(en, fr, op string) ops.Button { return ops.AskFor(ops.T(en, fr), op, "service", e.name) }
	var act []ops.Button
	switch {
	case e.is == dead:
		act = append(act, ask("Recreate", "Recréer", "docker.recreate"))
	case e.box == nil, e.is == failed, e.is == created, e.is == stopped, e.is == off, e.is == over:
		act = append(act, ask("Start", "Démarrer", "docker.start"))
	case !e.once():
		act = append(act, ask("Restart", "Redémarrer", "docker.restart"))
	}
	if !e.changed().IsZero() && e.want != nil {
		act = append([]ops.Button{ask("Recreate", "Recréer", "docker.recreate")}, act...)
	}
	a.Row(act...)
	if e.box != nil {
		a.Row(ask("Logs", "Journaux", "docker.logs"), ask("Figures", "Mesures", "docker.stats"), ops.AskFor(ops.Raw("↻"), "docker.inspect", "service", e.name))
	}
}
