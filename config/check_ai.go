package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

const (
	defaultN8NEvery      = Duration(5 * time.Minute)
	defaultOpenClaw      = "openclaw"
	defaultOpenClawEvery = Duration(5 * time.Minute)
)

var (
	defaultProgram  = []string{"node", "/app/openclaw.mjs"}
	defaultChannels = []string{"telegram"}
)

func (l *loader) checkN8N() {
	if !l.doc.has("n8n") {
		return
	}
	n := &l.cfg.N8N
	l.checkServer("n8n.url", &n.URL, "http://127.0.0.1:5678")
	const key = "n8n.key_file"
	n.Key = l.given(EnvN8N, key, &n.KeyFile, l.readSecret)
	switch {
	case n.Key.IsZero() && n.KeyFile == "":
		l.add(key, ops.T("its API lets nobody in without a key; make one in its settings under n8n API, put it into a file (chmod 600) and write its name: key_file = \"n8n.key\", or set %s",
			"son API ne laisse entrer personne sans clé ; crée-en une dans ses réglages sous n8n API, mets-la dans un fichier (chmod 600) et écris son nom : key_file = \"n8n.key\", ou définis %s", EnvN8N))
	case strings.ContainsAny(n.Key.Reveal(), " \t"):
		l.add(key, ops.T("what was given holds a blank, so it is no key; copy it again: n8n shows it once, when it is made", "ce qui a été donné contient une espace, donc ce n’est pas une clé ; recopie-la : n8n la montre une seule fois, à sa création"))
	}
	l.checkInTheClear("n8n.url", n.URL, n.Key)
	l.checkSpanIn("n8n.every", &n.Every, defaultN8NEvery, Duration(time.Minute), mostSpan)
}

func (l *loader) checkOpenClaw() {
	if !l.doc.has("openclaw") {
		return
	}
	o := &l.cfg.OpenClaw
	l.checkService("openclaw.service", &o.Service, defaultOpenClaw)
	const program, channels = "openclaw.program", "openclaw.channels"
	switch {
	case !l.doc.has(program):
		o.Program = defaultProgram
	case !l.told(program) && (len(o.Program) == 0 || slices.Contains(o.Program, "")):
		l.add(program, ops.T(`it names no program; write program = ["node", "/app/openclaw.mjs"]`, `il ne nomme aucun programme ; écris program = ["node", "/app/openclaw.mjs"]`))
	}
	if !l.doc.has(channels) {
		o.Channels = defaultChannels
	} else if !l.told(channels) && len(o.Channels) == 0 {
		l.add(channels, ops.T(`nobody could ask to be let in; write channels = ["telegram"]`, `personne ne pourrait demander à entrer ; écris channels = ["telegram"]`))
	}
	for i, c := range o.Channels {
		if !oneWord.MatchString(c) {
			l.add(element(channels, i), ops.T("%s is no channel; write its name as OpenClaw has it, such as telegram", "%s n’est pas un canal ; écris son nom comme OpenClaw, par exemple telegram", quoted(c)))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(o.Personas)) {
		if at := child("openclaw.personas", id); !l.told(at) && (!oneWord.MatchString(id) || o.Personas[id] == "" || len([]rune(o.Personas[id])) > mostName) {
			l.add(at, ops.T("an agent's id is one word, and what it is called has up to %d signs; write concierge = \"Mobutoo\"", "l’id d’un agent est un mot, et son nom a au plus %d signes ; écris concierge = \"Mobutoo\"", mostName))
		}
	}
	l.checkSpanIn("openclaw.every", &o.Every, defaultOpenClawEvery, Duration(time.Minute), mostSpan)
	l.checkOpenClawLink()
	l.checkOpenClawDeploy()
}
