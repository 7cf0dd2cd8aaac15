package commands

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"vigie/ops"
)

// read makes an ask of words: a slash command, or the same without its slash. understood means that the
// command was guessed from a typing mistake, so that the answer says what was understood.
func (d *Desk) read(ctx context.Context, s Said, text string) (ask ops.Ask, understood bool, err error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return ops.Ask{}, false, ops.Fail(ops.Invalid, ops.T("There is nothing to do in that.", "Il n’y a rien à faire là-dedans."), nil)
	}
	for _, w := range words {
		if why, no := ops.Forbidden(w); no {
			return ops.Ask{}, false, ops.Fail(ops.Denied, ops.T("Never: %s.", "Jamais : %s.", why), nil)
		}
	}
	slash := strings.HasPrefix(words[0], "/")
	word, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(words[0]), "/"), "@")
	if word == "start" && len(words) == 1 { // what Telegram sends when somebody opens the bot
		word = "welcome"
	}
	op, ok := d.Gate.Op(word)
	if !ok {
		if alias, known := aliases[plain(word)]; known {
			op, ok = d.Gate.Op(alias)
		}
	}
	if table := d.Absent[word]; !ok && slash && table != "" {
		return ops.Ask{}, false, ops.Fail(ops.NotFound, ops.T("%s is there once the configuration has %s. Nothing of it is configured now.",
			"%s existe dès que la configuration a %s. Rien n’en est configuré pour l’instant.", ops.Name("/"+word), ops.Name(table)), nil)
	}
	if !ok {
		op, understood, err = d.nearest(word, slash)
		if err != nil {
			return ops.Ask{}, false, err
		}
	}
	op, rest := d.joined(op, words[1:])
	ask, err = fillWords(op, rest)
	return ask, understood, err
}

// joined takes «/studio up» for /studio_up: the word after a command that takes none is part of another's name, if there is such a one.
func (d *Desk) joined(op ops.Op, words []string) (ops.Op, []string) {
	if len(op.Params) == 0 && len(words) > 0 {
		if other, ok := d.Gate.Op(op.Command + "_" + strings.ToLower(words[0])); ok {
			return other, words[1:]
		}
	}
	return op, words
}

// aliases are what people type out of habit, accents taken off.
var aliases = map[string]string{
	"statut": "status", "etat": "status", "ls": "ps", "list": "ps", "liste": "ps", "log": "logs", "journaux": "logs",
	"redemarre": "restart", "redemarrer": "restart", "relance": "restart", "reboot": "restart", "recree": "recreate", "recreer": "recreate",
	"arrete": "stop", "arreter": "stop", "demarre": "start", "demarrer": "start", "run": "start",
	"maj": "update", "upgrade": "update", "nettoie": "prune", "nettoyer": "prune", "clean": "prune",
	"aide": "help", "h": "help", "?": "help", "langue": "language", "lang": "language", "quisuisje": "whoami", "me": "whoami",
	"alertes": "alerts", "alerte": "alerts", "alert": "alerts", "sourdine": "mute", "silence": "mute", "snooze": "mute", "silencer": "mute", "reactive": "unmute",
	"vu": "ack", "acquitte": "ack", "acknowledge": "ack", "tableau": "board", "pin": "board", "testalert": "test_alert", "testalerte": "test_alert",
	"couts": "costs", "cout": "costs", "cost": "costs", "depenses": "costs", "spend": "costs", "budgets": "budget", "parasite": "parasites",
	"machine": "host", "hote": "host", "disque": "host", "disk": "host", "df": "host", "sondes": "checks", "check": "checks",
	"fraicheur": "fresh", "heartbeats": "fresh",
	"cree": "create", "creer": "create", "creation": "creations", "asset": "assets",
	"historique": "history", "attente": "pending", "annuler": "cancel", "annule": "cancel", "defaire": "undo", "defais": "undo",
}

// nearest guesses a mistyped command; a word without a slash must be a very near miss, or it is no command.
func (d *Desk) nearest(word string, slash bool) (ops.Op, bool, error) {
	type guess struct {
		op   ops.Op
		away int
	}
	var near []guess
	for _, op := range d.Gate.Ops() {
		away := mistakes(plain(word), op.Command)
		if strings.HasPrefix(op.Command, word) && len(word) >= 3 {
			away = min(away, 1)
		}
		if away <= 1 && len(word) > 3 || away <= 2 && slash && len(word) > 4 {
			near = append(near, guess{op, away})
		}
	}
	slices.SortStableFunc(near, func(a, b guess) int { return cmp.Compare(a.away, b.away) })
	switch {
	case len(near) == 1, len(near) > 1 && near[0].away < near[1].away:
		return near[0].op, true, nil
	case len(near) > 1:
		near = slices.DeleteFunc(near, func(g guess) bool { return g.away > near[0].away })
		e := &ops.Error{Kind: ops.Invalid, Param: "command", Say: ops.T("Which one? %s could be", "Laquelle ? %s peut être", ops.Name("/"+word))}
		for _, g := range near[:min(len(near), 4)] {
			e.Choices = append(e.Choices, ops.Choice{Value: g.op.Command})
		}
		return ops.Op{}, false, e
	case slash:
		return ops.Op{}, false, ops.Fail(ops.NotFound, ops.T("I have no command %s.", "Je n’ai pas de commande %s.", ops.Name("/"+shorten(word, 30))), nil)
	}
	return ops.Op{}, false, ops.Fail(ops.NotFound, ops.T("I did not understand that. I take commands; these are where most people begin:",
		"Je n’ai pas compris. Je prends des commandes ; on commence souvent par là :"), nil)
}

// fillWords puts the words behind a command into its parameters: «name=value» by name, the rest in order.
// A word that cannot be a value of the next parameter, but can be of a later optional one, is taken there:
// /logs n8n 2h finds that 2h is a length of time, not a number of lines.
func fillWords(op ops.Op, words []string) (ops.Ask, error) {
	ask := ops.Ask{Op: op.Name, Args: ops.Args{}}
	free := func(p ops.Param) bool { return ask.Args[p.Name] == "" }
	for i, w := range words {
		if name, value, ok := strings.Cut(w, "="); ok {
			if at := slices.IndexFunc(op.Params, func(p ops.Param) bool { return p.Name == strings.ToLower(strings.TrimLeft(name, "-")) }); at >= 0 {
				ask.Args[op.Params[at].Name] = value
				continue
			}
		}
		taken := false
		var first error
		for _, p := range op.Params {
			if !free(p) {
				continue
			}
			value := w
			if p.Rest {
				value = strings.Join(words[i:], " ")
			}
			canonical, err := p.Check(value)
			if err != nil {
				if first == nil {
					first = err
				}
				if p.Must || p.Type == "number" && strings.Trim(w, "-0123456789") == "" { // a number, only not a good one
					return ask, err
				}
				continue
			}
			ask.Args[p.Name] = canonical
			if p.Rest {
				return ask, nil
			}
			taken = true
			break
		}
		if !taken {
			if first != nil {
				return ask, first
			}
			return ask, ops.Fail(ops.Invalid, ops.T("%s does not know what to do with %s. For example: %s", "%s ne sait que faire de %s. Par exemple : %s",
				ops.Name("/"+op.Command), ops.Name(shorten(w, 30)), ops.Name(example(op))), nil)
		}
	}
	return ask, nil
}

// example is how the op is typed.
func example(op ops.Op) string {
	if len(op.Examples) == 0 {
		return "/" + op.Command
	}
	return strings.TrimSpace("/" + op.Command + " " + op.Examples[0])
}

// command is an ask as it would be typed.
func (d *Desk) command(ask ops.Ask) string {
	op, ok := d.Gate.Op(ask.Op)
	if !ok {
		return ask.Op
	}
	line := "/" + op.Command
	for _, p := range op.Params {
		if v := ask.Args[p.Name]; v != "" && v != p.Default && p.Names != "run" {
			if p.Type == "duration" { // 2h0m0s is what people call 2h
				v = strings.TrimSuffix(strings.TrimSuffix(v, "0s"), "h0m") + map[bool]string{true: "h"}[strings.HasSuffix(v, "h0m0s")]
			}
			line += " " + v
		}
	}
	return line
}

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
