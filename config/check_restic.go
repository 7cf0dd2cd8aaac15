package config

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// The environment variables that hold the password and the address of one restic repository, instead of their files:
// «vpai-backups» is VPAI_BACKUPS in them.
func RepositoryEnv(name string) string         { return "VIGIE_RESTIC_" + upper(name) + "_REPOSITORY" }
func RepositoryPasswordEnv(name string) string { return "VIGIE_RESTIC_" + upper(name) + "_PASSWORD" }

const (
	defaultRestic      = "restic"
	defaultResticEvery = Duration(30 * time.Minute)
)

func (l *loader) checkRestic() {
	if !l.doc.has("restic") {
		return
	}
	r := &l.cfg.Restic
	if len(r.Repositories) == 0 {
		l.add("restic", ops.T(`it does not say which repositories there are; add [[restic.repositories]] with name, repository and password_file`, `on ne sait pas quels dépôts il y a ; ajoute [[restic.repositories]] avec name, repository et password_file`))
	}
	if r.Program == "" {
		r.Program = defaultRestic
	} else if strings.Contains(r.Program, "/") {
		argv := []string{r.Program}
		l.checkProgram("restic.program", argv)
		r.Program = argv[0]
	}
	l.checkSpanIn("restic.every", &r.Every, defaultResticEvery, Duration(time.Minute), mostSpan)
	l.checkFolder("restic.cache", &r.Cache, true)
	l.checkRestoreRoot(r)
	names := map[string]bool{}
	for i := range r.Repositories {
		l.checkRepository(element("restic.repositories", i), &r.Repositories[i], names)
	}
}

// checkRestoreRoot wants a folder that is there: a disk that is not mounted must not be taken for one.
func (l *loader) checkRestoreRoot(r *Restic) {
	const key = "restic.restore_root"
	if l.checkFolder(key, &r.RestoreRoot, false); r.RestoreRoot == "" {
		return
	}
	for _, repo := range r.Repositories {
		for _, p := range repo.Paths {
			if filepath.IsAbs(p) && within(r.RestoreRoot, filepath.Clean(p)) {
				l.add(key, ops.T("it is inside of %s, which is backed up, so every restore would be backed up again; name a folder outside", "il est dans %s, qui est sauvegardé, donc chaque restauration serait sauvegardée de nouveau ; nomme un dossier ailleurs", p))
			}
		}
	}
}

func (l *loader) checkRepository(at string, r *Repository, names map[string]bool) {
	if key := child(at, "name"); r.Name != "" && !hookName.MatchString(r.Name) {
		l.add(key, ops.T(`%s cannot be a repository's name here; use lower-case letters, digits and -: name = "offsite"`, `%s ne peut pas nommer un dépôt ici ; utilise minuscules, chiffres et - : name = "offsite"`, quoted(r.Name)))
	}
	l.checkWord(child(at, "name"), r.Name, names)
	called := r.Name
	if !hookName.MatchString(called) {
		called = "name" // so that what else is missing is told at once
	}
	l.checkRepositoryURL(at, RepositoryEnv(called), r)
	key, env := child(at, "password_file"), RepositoryPasswordEnv(called)
	if r.Password = l.given(env, key, &r.PasswordFile, l.readSecret); r.Password.IsZero() && r.PasswordFile == "" {
		l.add(key, ops.T("a repository is encrypted; put its password into a file (chmod 600) and write its name: password_file = \"%s.password\", or set %s",
			"un dépôt est chiffré ; mets son mot de passe dans un fichier (chmod 600) et écris son nom : password_file = \"%s.password\", ou définis %s", called, env))
	}
	if r.EnvFile != "" {
		r.EnvFile = abs(l.dir, r.EnvFile)
		r.Env = l.readEnv(child(at, "env_file"), r.EnvFile)
	}
	if strings.ContainsAny(r.Host, " \t\n") {
		l.add(child(at, "host"), ops.T("%s is no host; write its name as restic snapshots shows it", "%s n’est pas une machine ; écris son nom comme le montre restic snapshots", quoted(r.Host)))
	}
	for i, t := range r.Tags {
		if t == "" || strings.ContainsAny(t, ", \t\n") {
			l.add(element(child(at, "tags"), i), ops.T("%s is no tag; a tag is one word without commas, and several are a list", "%s n’est pas une étiquette ; c’est un mot sans virgule, et plusieurs font une liste", quoted(t)))
		}
	}
	l.checkSpanIn(child(at, "newer"), &r.Newer, 0, Duration(time.Minute), longSpan)
	for i, p := range r.Paths {
		if !filepath.IsAbs(p) {
			l.add(element(child(at, "paths"), i), ops.T("%s is no whole path; write it as restic snapshots shows it: \"/opt/javisi/backups\"", "%s n’est pas un chemin entier ; écris-le comme le montre restic snapshots : \"/opt/javisi/backups\"", quoted(p)))
		}
	}
}

// checkRepositoryURL reads where the repository is: from the file itself, if no password is in it, or from a secret's.
func (l *loader) checkRepositoryURL(at, env string, r *Repository) {
	plain, inFile := child(at, "repository"), child(at, "repository_file")
	if found := urlPasswords(r.Repository); len(found) > 0 {
		l.keepParts(found...)
		l.add(plain, ops.T("there is a password in it, and %s; here: repository_file = \"…\", with the whole address in that file, or set %s",
			"il contient un mot de passe, et %s ; ici : repository_file = \"…\", avec toute l’adresse dans ce fichier, ou définis %s", inline, env))
	}
	if r.Repository != "" && r.RepositoryFile != "" {
		l.add(inFile, ops.T("repository is there as well; keep one of the two", "repository est là aussi ; garde l’un des deux"))
	}
	s, key := l.given(env, inFile, &r.RepositoryFile, l.readSecret), inFile
	switch {
	case r.Repository == "":
	case !s.IsZero() && r.RepositoryFile == "":
		l.warn(plain, ops.T("%s is set too and is what counts; remove one of the two", "%s est défini aussi et c’est lui qui compte ; enlève l’un des deux", env))
	case s.IsZero():
		if !remote(r.Repository) && !strings.Contains(r.Repository, ":") {
			r.Repository = abs(l.dir, r.Repository)
		}
		s, key = conceal(r.Repository), plain
	}
	address := s.Reveal()
	l.keepParts(urlPasswords(address)...)
	switch {
	case s.IsZero() && r.RepositoryFile == "":
		l.add(plain, ops.T(`it does not say where it is; write repository = "/backups/restic", or "rest:https://host/", "s3:https://host/bucket"`, `on ne sait pas où il est ; écris repository = "/backups/restic", ou "rest:https://hote/", "s3:https://hote/bucket"`))
	case s.IsZero():
	case !remote(address) && !filepath.IsAbs(address):
		l.add(key, ops.T("this is no repository; write a whole path, or an address with what it is before it, such as \"rest:https://host/\"; known are %s", "ce n’est pas un dépôt ; écris un chemin entier, ou une adresse précédée de ce que c’est, comme \"rest:https://hote/\" ; sont connus %s", strings.ReplaceAll(list(ResticBackends), ":", "")))
	default:
		r.URL = s
	}
}

func remote(address string) bool {
	return slices.ContainsFunc(ResticBackends, func(b string) bool { return strings.HasPrefix(address, b) && len(address) > len(b) })
}

// urlPasswords finds the password of an address such as rest:https://ann:word@host/, as it stands there and as it is meant.
func urlPasswords(address string) []string {
	_, rest, _ := strings.Cut(address, "://")
	authority, _, _ := strings.Cut(rest, "/")
	user, _, ok := cutLast(authority, "@")
	_, raw, has := strings.Cut(user, ":")
	if !ok || !has || raw == "" {
		return nil
	}
	if plain, err := url.PathUnescape(raw); err == nil && plain != raw {
		return []string{plain, raw}
	}
	return []string{raw}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
