package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
	"vigie/policies"
)

var chatShape = regexp.MustCompile(`^(-?\d+)(?:/(\d+))?$`)

// recipients reads who is told: users by name or id, roles as rules write them, and chats with or without a topic.
func (l *loader) recipients(key string, words policies.Words) []Recipient {
	list := []Recipient{}
	for i, word := range words {
		at := l.wordAt(key, i)
		some, why := l.recipient(strings.TrimSpace(word))
		if !why.IsZero() {
			l.add(at, why)
		}
		for _, r := range some {
			if !slices.Contains(list, r) { // somebody may be named and have a role
				list = append(list, r)
			}
		}
	}
	return list
}

func (l *loader) recipient(word string) ([]Recipient, ops.Text) {
	for _, p := range l.cfg.People() {
		if strings.EqualFold(p.Name, word) || strconv.FormatInt(p.ID, 10) == word {
			return []Recipient{{Person: p.ID}}, ops.Text{}
		}
	}
	if some, isRole := l.withRole(strings.ToLower(word)); isRole {
		if len(some) == 0 && !l.below("users") {
			return nil, ops.T("nobody has the role %s, so nobody would be told; name somebody", "personne n’a le rôle %s, donc personne ne serait prévenu ; nomme quelqu’un", quoted(word))
		}
		return some, ops.Text{}
	}
	if m := chatShape.FindStringSubmatch(word); m != nil {
		return readChat(m[1], m[2])
	}
	if l.below("users") { // it may be the one with the mistake
		return nil, ops.Text{}
	}
	var names []string
	for _, u := range l.cfg.Users {
		names = append(names, u.Name)
	}
	return nil, ops.T(`%s is nobody who is listed, and no chat; write a user's name (%s), a role ("operator+"), or a chat's id: "-1001234567890", with a topic "-1001234567890/45"`,
		`%s n’est ni une personne déclarée ni un groupe ; écris le nom d’une personne (%s), un rôle ("operator+"), ou l’id d’un groupe : "-1001234567890", avec un sujet "-1001234567890/45"`, quoted(word), strings.Join(names, ", "))
}

// withRole finds those that "operator" or "operator+" speaks of.
func (l *loader) withRole(word string) (some []Recipient, isRole bool) {
	name, above := strings.CutSuffix(word, "+")
	role := ops.Role(name)
	if !slices.Contains([]ops.Role{ops.Viewer, ops.Operator, ops.Admin}, role) {
		return nil, false
	}
	for _, p := range l.cfg.ByRole(role) {
		if above || p.Role == role {
			some = append(some, Recipient{Person: p.ID})
		}
	}
	return some, true
}

// readChat wants a chat of several people: a person is only written to who is listed.
func readChat(id, topic string) ([]Recipient, ops.Text) {
	chat, err := strconv.ParseInt(id, 10, 64)
	if err != nil || chat >= 0 {
		return nil, ops.T("%s is nobody who is listed; a group's id begins with a minus sign, and a person is listed below [[users]] first",
			"%s n’est pas une personne déclarée ; l’id d’un groupe commence par un signe moins, et une personne se déclare d’abord sous [[users]]", quoted(id))
	}
	thread := 0
	if topic != "" {
		n, err := strconv.ParseInt(topic, 10, 32)
		if err != nil || n == 0 {
			return nil, ops.T(`%s is no topic; a topic's number stands last in the links to its messages: "-1001234567890/45"`,
				`%s n’est pas un sujet ; le numéro d’un sujet finit les liens vers ses messages : "-1001234567890/45"`, quoted(topic))
		}
		thread = int(n)
	}
	return []Recipient{{Chat: chat, Topic: thread}}, ops.Text{}
}
