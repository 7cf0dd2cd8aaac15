package config

import (
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"vigie/ops"
)

// What holds for backups where the file does not say.
const (
	defaultNewer = Duration(26 * time.Hour) // a night, and a job of variable length
	defaultBand  = 50
)

var defaultKeep = Keep{7, 4, 6, 2}

// checkBackups checks what is backed up and restored, and where copies go.
func (l *loader) checkBackups() {
	l.checkPostgres()
	l.checkRedis()
	l.checkQdrant()
	l.checkBackup()
	l.checkRestic()
	l.checkZerobyte()
	l.checkComfyUI()
	l.checkDownloads()
	l.checkRemotion()
	l.checkAssets()
	l.checkCreative()
	l.checkStudio()
}

func (l *loader) checkBackup() {
	if !l.doc.has("backup") {
		return
	}
	b := &l.cfg.Backup
	l.checkFolder("backup.dir", &b.Dir, true)
	l.checkBackupFiles(b.Files)
	if b.Dir == "" && len(b.Files) == 0 && !l.below("backup.files") && !l.told("backup.dir") {
		l.add("backup", ops.T(`it does not say where backups are; write dir = "/opt/javisi/backups/vigie" for Vigie's own, or [[backup.files]] for those that a script makes`,
			`on ne sait pas où sont les sauvegardes ; écris dir = "/opt/javisi/backups/vigie" pour celles de Vigie, ou [[backup.files]] pour celles d’un script`))
	}
	for i, name := range b.Skip {
		l.checkArtefact(element("backup.skip", i), name, true)
	}
	l.checkSpanIn("backup.newer", &b.Newer, defaultNewer, Duration(time.Minute), longSpan)
	l.checkNumber("backup.band", &b.Band, defaultBand, 1, 100)
	l.checkKeep(b)
	l.checkSchedule(b)
	l.checkRehearse(b)
	b.HeartbeatURL = l.secretURL(EnvBackup, "backup.heartbeat_url_file", &b.HeartbeatURLFile)
	l.checkScripts(b)
	l.checkAlso(b)
	l.checkFullRestore(&b.Restore)
}

// checkAlso is about what Vigie's own backups take along besides databases.
func (l *loader) checkAlso(b *Backup) {
	const n8n, grafana = "backup.n8n", "backup.grafana"
	for _, at := range []string{n8n, grafana} {
		if l.doc.has(at) && b.Dir == "" && !l.told("backup.dir") {
			l.add(at, ops.T("it is saved into dir, and there is none; write dir, or remove it", "elle est sauvegardée dans dir, et il n’y en a pas ; écris dir, ou enlève-la"))
		}
	}
	if l.doc.has(n8n) {
		l.checkService(n8n+".service", &b.N8N.Service, "n8n")
	}
	if g := &b.Grafana; l.doc.has(grafana) {
		l.checkServer(grafana+".url", &g.URL, "http://127.0.0.1:3000")
		key := grafana + ".password_file"
		if g.Password = l.given(EnvGrafana, key, &g.PasswordFile, l.readSecret); g.Password.IsZero() && g.PasswordFile == "" {
			l.add(key, ops.T("it shows nothing without a password, or a token of a service account; put it into a file (chmod 600) and write its name: password_file = \"grafana.password\", or set %s",
				"il ne montre rien sans mot de passe, ou jeton d’un compte de service ; mets-le dans un fichier (chmod 600) et écris son nom : password_file = \"grafana.password\", ou définis %s", EnvGrafana))
		}
		l.checkInTheClear(grafana+".url", g.URL, g.Password)
	}
}

func (l *loader) checkKeep(b *Backup) {
	if b.Dir == "" {
		if l.doc.has("backup.keep") && !l.told("backup.dir") {
			l.add("backup.keep", ops.T("it is about what is in dir, and there is none; what else there is, is never removed; write dir, or remove keep",
				"elle porte sur ce qui est dans dir, et il n’y en a pas ; le reste n’est jamais effacé ; écris dir, ou enlève keep"))
		}
		return
	}
	const most = 1000
	l.checkNumber("backup.keep.days", &b.Keep.Days, defaultKeep.Days, 0, most)
	l.checkNumber("backup.keep.weeks", &b.Keep.Weeks, defaultKeep.Weeks, 0, most)
	l.checkNumber("backup.keep.months", &b.Keep.Months, defaultKeep.Months, 0, most)
	l.checkNumber("backup.keep.years", &b.Keep.Years, defaultKeep.Years, 0, most)
	if b.Keep == (Keep{}) && !l.below("backup.keep") {
		l.add("backup.keep", ops.T("it would keep nothing; write keep = { days = 7, weeks = 4, months = 6, years = 2 }", "elle ne garderait rien ; écris keep = { days = 7, weeks = 4, months = 6, years = 2 }"))
	}
}

// checkSchedule is about when Vigie saves by itself.
func (l *loader) checkSchedule(b *Backup) {
	const key = "backup.schedule"
	if !l.doc.has(key) {
		return
	}
	l.schedule(key, b.Schedule)
	if !l.doc.has("backup.dir") {
		l.add(key, ops.T("it says when, and not where: add dir, the folder for Vigie's own backups", "elle dit quand, et pas où : ajoute dir, le dossier des sauvegardes de Vigie"))
	}
}

// checkRehearse is about when restores are rehearsed, and how old a proof may be.
func (l *loader) checkRehearse(b *Backup) {
	const key, proved = "backup.rehearse", "backup.proved_within"
	if !l.doc.has(key) {
		if l.doc.has(proved) {
			l.add(proved, ops.T(`nothing is rehearsed, so nothing is proved; write rehearse = "0 5 * * *" as well, or remove it`, `rien n’est essayé, donc rien n’est prouvé ; écris aussi rehearse = "0 5 * * *", ou enlève-la`))
		}
		return
	}
	if b.Rehearsals = l.schedule(key, b.Rehearse); b.Rehearsals == nil {
		return
	}
	gap := longestGap(b.Rehearsals, l.cfg.Stack.Location)
	standard := Duration(gap.Truncate(24*time.Hour)) + mostSpan
	l.checkSpanIn(proved, &b.ProvedWithin, standard, leastWindow, max(longSpan, standard))
	if b.ProvedWithin < Duration(gap) {
		l.add(proved, ops.T(`up to %[1]s lie between two rehearsals, so proofs would grow too old in between; write at least "%[2]s"`,
			`jusqu’à %[1]s séparent deux essais, donc les preuves vieilliraient trop entre-temps ; écris au moins "%[2]s"`, ops.Span(gap), brief(standard)))
	}
}

// longestGap is the longest time between two times of a schedule within a year, or within its first 10 000 times.
func longestGap(s cron.Schedule, zone *time.Location) (gap time.Duration) {
	at := s.Next(someDay(zone))
	end := at.AddDate(1, 0, 0)
	for range 10_000 {
		next := s.Next(at)
		if next.IsZero() {
			return gap
		}
		gap = max(gap, next.Sub(at))
		if next.After(end) {
			return gap
		}
		at = next
	}
	return gap
}

// checkScripts is about the stack's own programs.
func (l *loader) checkScripts(b *Backup) {
	l.checkProgram("backup.script", b.Script)
	l.checkProgram("backup.smoke", b.Smoke)
	if len(b.Script) > 0 && len(b.Files) == 0 && !l.told("backup.files") {
		l.add("backup.script", ops.T(`a script is judged by the files that it leaves, and none are known; add [[backup.files]] with artefact = "postgres:{name}" and path = "/opt/javisi/backups/pg_dump/{name}-*.dump"`,
			`un script se juge aux fichiers qu’il laisse, et on n’en connaît aucun ; ajoute [[backup.files]] avec artefact = "postgres:{name}" et path = "/opt/javisi/backups/pg_dump/{name}-*.dump"`))
	}
	if b.ScriptLog != "" {
		b.ScriptLog = abs(l.dir, b.ScriptLog)
		l.checkParent("backup.script_log", b.ScriptLog)
	}
	if len(b.KnownFailures) > 0 && len(b.Smoke) == 0 && !l.told("backup.smoke") {
		l.add("backup.known_failures", ops.T("these are tests of smoke, and there is none; write smoke, or remove them", "ce sont des tests de smoke, et il n’y en a pas ; écris smoke, ou enlève-les"))
	}
	for i, name := range b.KnownFailures {
		if strings.Trim(name, "*? ") == "" {
			l.add(element("backup.known_failures", i), ops.T(`%s would hide every failure; write the name of a test: "OpenClaw container"`, `%s cacherait tous les échecs ; écris le nom d’un test : "OpenClaw container"`, quoted(name)))
		} else if slices.Contains(b.KnownFailures[:i], name) {
			l.add(element("backup.known_failures", i), ops.T("%s is listed twice; keep one", "%s est déclaré deux fois ; gardes-en un", quoted(name)))
		}
	}
}
