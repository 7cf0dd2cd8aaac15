package config

import (
	"slices"

	"vigie/ops"
)

const defaultRedis = "redis"

func (l *loader) checkRedis() {
	if !l.doc.has("redis") {
		return
	}
	r := &l.cfg.Redis
	l.checkService("redis.service", &r.Service, defaultRedis)
	if slices.Contains(l.cfg.Stack.Protect, r.Service) {
		l.warn("redis.service", ops.T("%s is protected below [stack], and a dump takes its place only while it is stopped, so it cannot be restored", "%s est protégé sous [stack], et une sauvegarde ne prend sa place que quand il est arrêté, donc il ne peut pas être restauré", quoted(r.Service)))
	}
	r.Password = l.given(EnvRedis, "redis.password_file", &r.PasswordFile, l.readSecret)
	const like = "/opt/javisi/backups/redis/*.rdb"
	l.checkPatterns("redis.dumps", r.Dumps, like, false)
	if len(r.Dumps) == 0 {
		l.add("redis.dumps", ops.T("it does not say where its dumps are; write dumps = [%q]", "on ne sait pas où sont ses sauvegardes ; écris dumps = [%q]", like))
	}
	if r.DataDir != "" {
		if r.DataDir = abs(l.dir, r.DataDir); !isDir(r.DataDir) {
			l.add("redis.data_dir", ops.T("there is no directory %s; name the one that holds its data on this machine, or leave it out: then it is reached through its container", "il n’y a pas de dossier %s ; nomme celui qui contient ses données sur cette machine, ou enlève la clé : elles sont alors atteintes par son conteneur", r.DataDir))
		}
	}
	l.checkApps("redis.apps", r.Apps, r.Service)
}

// checkService wants the name of one service, or fills in what it is usually called.
func (l *loader) checkService(key string, service *string, standard string) {
	if !l.doc.has(key) {
		*service = standard
	} else if !l.told(key) && !serviceName.MatchString(*service) {
		l.add(key, ops.T("%[1]s is no service; write its name as the compose file has it: service = %[2]q", "%[1]s n’est pas un service ; écris son nom comme dans le fichier compose : service = %[2]q", quoted(*service), standard))
	}
}

// checkApps wants services that can be stopped while the data that own keeps for them is replaced.
func (l *loader) checkApps(key string, apps []string, own string) {
	l.checkServices(key, apps)
	for i, s := range apps {
		switch at := element(key, i); {
		case s == own:
			l.add(at, ops.T("%s is the server itself, and not one that uses it; take it out", "%s est le serveur lui-même, et non un service qui s’en sert ; enlève-le", quoted(s)))
		case slices.Contains(l.cfg.Stack.Protect, s):
			l.add(at, ops.T("%s is protected below [stack], so nothing may stop it, and a restore would; take it out of one of the two", "%s est protégé sous [stack], donc rien ne peut l’arrêter, et une restauration le ferait ; enlève-le de l’un des deux", quoted(s)))
		case slices.Contains(apps[:i], s):
			l.add(at, ops.T("%s is listed twice; keep one", "%s est déclaré deux fois ; gardes-en un", quoted(s)))
		}
	}
}

func (l *loader) checkQdrant() {
	if !l.doc.has("qdrant") {
		return
	}
	q := &l.cfg.Qdrant
	l.checkServer("qdrant.url", &q.URL, "http://127.0.0.1:6333")
	q.Key = l.given(EnvQdrant, "qdrant.key_file", &q.KeyFile, l.readSecret)
	l.checkInTheClear("qdrant.url", q.URL, q.Key)
	l.checkFolder("qdrant.dump_dir", &q.DumpDir, true)
	l.checkPatterns("qdrant.names", q.Names, "/opt/javisi/backups/qdrant/latest-snapshot-*.txt", false)
}
