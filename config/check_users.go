package config

import (
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
)

var userName = regexp.MustCompile(`^\pL[\pL\pM\pN._-]{0,31}$`)

func (l *loader) checkUsers() {
	if len(l.cfg.Users) == 0 {
		l.add("users", ops.T(`nobody is listed, so nobody would be answered; add [[users]] with id, name and role = "admin" (@userinfobot tells each person theirs)`,
			`personne n’est déclaré, donc personne n’aurait de réponse ; ajoute [[users]] avec id, name et role = "admin" (@userinfobot dit le sien à chacun)`))
		return
	}
	ids, names := map[int64]string{}, map[string]bool{}
	for i := range l.cfg.Users {
		u, at := &l.cfg.Users[i], element("users", i)
		l.checkID(child(at, "id"), u, ids)
		l.checkName(child(at, "name"), u, names)
		if u.Role == "" {
			l.add(child(at, "role"), ops.T(`a user needs a role: role = "viewer" (looks), "operator" (repairs) or "admin" (everything)`, `une personne demande un rôle : role = "viewer" (regarde), "operator" (répare) ou "admin" (tout)`))
		} else if !slices.Contains([]ops.Role{ops.Viewer, ops.Operator, ops.Admin}, u.Role) {
			l.add(child(at, "role"), ops.T("%s is not a role; use viewer (looks), operator (repairs) or admin (everything)", "%s n’est pas un rôle ; utilise viewer (regarde), operator (répare) ou admin (tout)", quoted(string(u.Role))))
		}
		if u.Lang != "" && u.Lang != ops.English && u.Lang != ops.French {
			l.add(child(at, "lang"), ops.T(`%s is not spoken here; use "en" or "fr", or leave it out to follow Telegram's setting`, `%s n’est pas parlé ici ; utilise "en" ou "fr", ou enlève la clé pour suivre le réglage de Telegram`, quoted(string(u.Lang))))
		}
		if u.TOTPFile != "" {
			u.TOTPFile = abs(l.dir, u.TOTPFile)
			u.TOTP = l.readTOTP(child(at, "totp_file"), u.TOTPFile)
		}
	}
	if !l.below("users") && len(l.cfg.ByRole(ops.Admin)) == 0 {
		l.warn("users", ops.T("nobody is an admin, so nobody can do what is destructive", "personne n’est admin, donc personne ne peut faire ce qui est destructif"))
	}
}

func (l *loader) checkID(key string, u *User, seen map[int64]string) {
	other, twice := seen[u.ID]
	switch {
	case u.ID == 0:
		l.add(key, ops.T("a user needs a numeric Telegram id: id = 123456789 (@userinfobot tells each person theirs)",
			"une personne demande son id Telegram, un nombre : id = 123456789 (@userinfobot dit le sien à chacun)"))
	case u.ID < 0:
		l.add(key, ops.T("a negative id is a group's; list each person by their own, positive id", "un id négatif est celui d’un groupe ; déclare chaque personne par son propre id, positif"))
	case twice:
		l.add(key, ops.T("%s has the same id; each person is listed once", "%s a le même id ; chaque personne est déclarée une fois", quoted(other)))
	}
	seen[u.ID] = u.Name
}

func (l *loader) checkName(key string, u *User, seen map[string]bool) {
	lower := strings.ToLower(u.Name)
	switch {
	case u.Name == "":
		l.add(key, ops.T(`a user needs a name, which rules and the journal use: name = "ann"`, `une personne demande un nom, pour les règles et le journal : name = "ann"`))
	case !userName.MatchString(u.Name):
		l.add(key, ops.T("%s cannot be a name here; use one word of up to 32 letters, digits, . _ and -, beginning with a letter", "%s ne peut servir de nom ici ; utilise un mot de 32 signes au plus : lettres, chiffres, . _ et -, commençant par une lettre", quoted(u.Name)))
	case slices.Contains([]string{"viewer", "operator", "admin"}, lower):
		l.add(key, ops.T("%s is a role, and rules could not tell the two apart; choose another name", "%s est un rôle, et les règles ne sauraient les distinguer ; choisis un autre nom", quoted(u.Name)))
	case seen[lower]:
		l.add(key, ops.T("two users are called %s; rules could not tell them apart", "deux personnes s’appellent %s ; les règles ne sauraient les distinguer", quoted(u.Name)))
	}
	seen[lower] = true
}
