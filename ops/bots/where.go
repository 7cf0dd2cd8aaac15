package bots

import (
	"net/url"
	"regexp"
	"strings"

	"vigie/ops"
)

// goes says what is wrong with where a bot's updates go; nothing if nothing is.
func goes(l look) (title ops.Text, lines []ops.Text) {
	name := ops.Name(l.bot.Name)
	switch {
	case l.bot.Webhook == Anywhere, l.URL == l.bot.Webhook:
		return ops.Text{}, nil
	case l.bot.Webhook == "":
		return ops.T("%s has a webhook that it should not have: %s", "%s a un webhook qu’il ne devrait pas avoir : %s", name, shown(l.URL)),
			[]ops.Text{ops.T("what polls it gets 409 and hears nothing: two programs share the token", "qui l’interroge reçoit 409 et n’entend rien : deux programmes se partagent le jeton"),
				ops.T("give each a bot of its own; I do not remove it, as somebody may need it", "donne à chacun son propre bot ; je ne le retire pas, quelqu’un en a peut-être besoin")}
	case l.URL == "":
		return ops.T("%s has lost its webhook", "%s a perdu son webhook", name),
			[]ops.Text{ops.T("messages no longer go to %s: a program that polls removes it when it starts", "les messages ne vont plus à %s : un programme qui interroge le retire en démarrant", shown(l.bot.Webhook))}
	}
	return ops.T("%s sends its messages to %s", "%s envoie ses messages à %s", name, shown(l.URL)),
		[]ops.Text{ops.T("they should go to %s", "ils devraient aller à %s", shown(l.bot.Webhook))}
}

// plain is a part of a path that is a word and no secret: short, and no mix of digits.
var plain = regexp.MustCompile(`^[a-z][a-z-]*\d?[a-z-]*$`)

// shown is an address without what may be secret in it: its host, and the first part of its path if that is a plain word.
func shown(address string) ops.Name {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "?"
	}
	first, rest, more := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	switch {
	case first == "" && u.RawQuery == "":
		return ops.Name(u.Host)
	case len(first) > 16 || !plain.MatchString(first):
		return ops.Name(u.Host + "/…")
	case more && rest != "" || u.RawQuery != "":
		return ops.Name(u.Host + "/" + first + "/…")
	}
	return ops.Name(u.Host + "/" + first)
}
