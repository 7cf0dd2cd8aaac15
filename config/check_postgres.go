package config

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"vigie/ops"
)

const (
	defaultPostgres     = "postgresql"
	defaultPostgresUser = "postgres"
)

func (l *loader) checkPostgres() {
	if !l.doc.has("postgres") {
		return
	}
	p := &l.cfg.Postgres
	l.checkService("postgres.service", &p.Service, defaultPostgres)
	l.checkRole("postgres.user", p.User)
	if p.User == "" {
		p.User = defaultPostgresUser
	}
	p.Password = l.given(EnvPostgres, "postgres.password_file", &p.PasswordFile, l.readSecret)
	const like = "/opt/javisi/backups/pg_dump/*.dump"
	l.checkPatterns("postgres.dumps", p.Dumps, like, true)
	l.checkFolder("postgres.dump_dir", &p.DumpDir, false)
	switch {
	case l.below("postgres.dumps") || l.told("postgres.dump_dir"):
	case len(p.Dumps) == 0 && p.DumpDir == "":
		l.add("postgres.dumps", ops.T("it does not say where its dumps are; write dumps = [%q], or dump_dir for those that Vigie makes", "on ne sait pas où sont ses sauvegardes ; écris dumps = [%q], ou dump_dir pour celles que fait Vigie", like))
	case p.DumpDir == "" && !holds(p.Dumps):
		l.add("postgres.dump_dir", ops.T(`none of dumps names one folder of this machine, so there is no place for those that Vigie makes before it changes anything; write dump_dir = "/opt/javisi/backups/pg_dump"`,
			`aucun de dumps ne nomme un dossier de cette machine, donc il n’y a pas de place pour celles que Vigie fait avant de changer quoi que ce soit ; écris dump_dir = "/opt/javisi/backups/pg_dump"`))
	case len(p.Dumps) == 0:
		p.Dumps = []string{p.DumpDir + "/*.dump"}
	}
	l.checkDatabases(p)
}

// holds says whether the first of the patterns on this machine names a folder that more can go into.
func holds(patterns []string) bool {
	i := slices.IndexFunc(patterns, func(p string) bool { return !strings.HasPrefix(p, inContainer) })
	return i >= 0 && !strings.ContainsAny(filepath.Dir(patterns[i]), "*?[")
}

// databaseName is what an environment variable can be called after, and a file.
var databaseName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$`)

// DatabaseEnv is the environment variable that holds the password of a database's app, instead of its file:
// «plane-production» is PLANE_PRODUCTION in it.
func DatabaseEnv(name string) string { return "VIGIE_POSTGRES_" + upper(name) + "_PASSWORD" }

func (l *loader) checkDatabases(p *Postgres) {
	variables := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(p.Databases)) {
		d, at, env := p.Databases[name], child("postgres.databases", name), DatabaseEnv(name)
		switch other := variables[env]; {
		case l.told(at):
			continue
		case name == "postgres" || strings.HasPrefix(name, "template"):
			l.add(at, ops.T("%s belongs to the server itself and is never restored; name a database of an app", "%s appartient au serveur lui-même et ne se restaure jamais ; nomme la base d’une application", quoted(name)))
		case !databaseName.MatchString(name):
			l.add(at, ops.T("%s cannot be a database here; use letters, digits, _ and -: [postgres.databases.n8n]", "%s ne peut pas être une base ici ; utilise lettres, chiffres, _ et - : [postgres.databases.n8n]", quoted(name)))
		case other != "" && l.env(env) != "":
			l.add(at, ops.T("%[1]s would be the password of %[2]s as well; unset it, and name a file for each: app_password_file", "%[1]s serait aussi le mot de passe de %[2]s ; enlève-la, et nomme un fichier pour chacune : app_password_file", env, quoted(other)))
		}
		variables[env] = name
		l.checkDatabase(at, env, &d)
		p.Databases[name] = d
	}
}

func (l *loader) checkDatabase(at, env string, d *Database) {
	l.checkApps(child(at, "apps"), d.Apps, l.cfg.Postgres.Service)
	l.checkRole(child(at, "owner"), d.Owner)
	l.checkRole(child(at, "app_user"), d.AppUser)
	if key := child(at, "probe"); l.doc.has(key) && !l.told(key) && !asks(d.Probe) {
		l.add(key, ops.T(`it must be one question that changes nothing; write it with SELECT: "SELECT count(*) FROM workflow_entity"`, `il faut une seule question, qui ne change rien ; écris-la avec SELECT : "SELECT count(*) FROM workflow_entity"`))
	}
	if !l.told(at) { // else the variable has no name, or two
		d.AppPassword = l.given(env, child(at, "app_password_file"), &d.AppPasswordFile, l.readSecret)
	}
}

var question = regexp.MustCompile(`(?is)^(select|with|table|values)\b[^;\\]*;?$`)

// asks takes what reads like one question. Whether it really changes nothing, only the server knows.
func asks(sql string) bool { return question.MatchString(sql) }

// checkRole wants what PostgreSQL takes as a role's name: up to 63 bytes.
func (l *loader) checkRole(key, name string) {
	if l.doc.has(key) && !l.told(key) && (name == "" || len(name) > 63 || strings.ContainsFunc(name, unicode.IsControl)) {
		l.add(key, ops.T("%s is no role of PostgreSQL; write its name, or leave the key out", "%s n’est pas un rôle de PostgreSQL ; écris son nom, ou enlève la clé", quoted(name)))
	}
}
