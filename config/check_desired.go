package config

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
)

// checkDesired is about what Zerobyte should have. Its names may hold all that people write.
func (l *loader) checkDesired(z *Zerobyte) {
	repositories, volumes, jobs := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, r := range z.Repositories {
		at := element("zerobyte.repositories", i)
		l.checkNamed(child(at, "name"), r.Name, repositories)
		if key := child(at, "type"); r.Type != "" && !plainName.MatchString(r.Type) {
			l.add(key, ops.T("%s is no type of a repository; write s3, rest, rclone or local, as Zerobyte shows it", "%s n’est pas un type de dépôt ; écris s3, rest, rclone ou local, comme le montre Zerobyte", quoted(r.Type)))
		}
	}
	for i, v := range z.Volumes {
		at := element("zerobyte.volumes", i)
		l.checkNamed(child(at, "name"), v.Name, volumes)
		if key := child(at, "path"); v.Path != "" && !path.IsAbs(v.Path) {
			l.add(key, ops.T("%s is no whole path; write it as it is on the machine that is backed up: \"/opt/javisi/backups/pg_dump\"", "%s n’est pas un chemin entier ; écris-le comme il est sur la machine sauvegardée : \"/opt/javisi/backups/pg_dump\"", quoted(v.Path)))
		}
	}
	for i := range z.Jobs {
		j, at := &z.Jobs[i], element("zerobyte.jobs", i)
		l.checkNamed(child(at, "name"), j.Name, jobs)
		if key := child(at, "volume"); j.Volume != "" && len(z.Volumes) > 0 && !slices.ContainsFunc(z.Volumes, func(v ZerobyteVolume) bool { return v.Name == j.Volume }) && !l.below("zerobyte.volumes") {
			l.add(key, ops.T("%s is none of [[zerobyte.volumes]]; add it there, or name one of them", "%s n’est pas dans [[zerobyte.volumes]] ; ajoute-le là, ou nommes-en un", quoted(j.Volume)))
		}
		if key := child(at, "repository"); j.Repository != "" && len(z.Repositories) > 0 && !slices.ContainsFunc(z.Repositories, func(r ZerobyteRepository) bool { return r.Name == j.Repository }) && !l.below("zerobyte.repositories") {
			l.add(key, ops.T("%s is none of [[zerobyte.repositories]]; add it there, or name one of them", "%s n’est pas dans [[zerobyte.repositories]] ; ajoute-le là, ou nommes-en un", quoted(j.Repository)))
		}
		l.checkJobCron(child(at, "cron"), j)
		l.checkJobKeep(child(at, "keep"), &j.Keep)
	}
}

// checkJobCron takes what Zerobyte takes, where 7 is a Sunday, too.
func (l *loader) checkJobCron(key string, j *ZerobyteJob) {
	if !l.doc.has(key) || l.told(key) {
		return
	}
	fields := strings.Fields(j.Cron)
	j.Cron = strings.Join(fields, " ")
	ok := len(fields) == 5 && !slices.ContainsFunc(fields, func(f string) bool { return !cronField.MatchString(f) })
	if ok {
		if strings.Contains(fields[4], "7") {
			fields[4] = "*"
		}
		_, err := cronParser.Parse(strings.Join(fields, " "))
		ok = err == nil
	}
	if !ok {
		l.add(key, ops.T("%s is no schedule; write five fields, by the clock of Zerobyte's machine: %s", "%s n’est pas un horaire ; écris cinq champs, à l’heure de la machine de Zerobyte : %s", quoted(j.Cron), cronForm))
	}
}

var resticSpan = regexp.MustCompile(`^([0-9]{1,4}[ymdh])+$`)

func (l *loader) checkJobKeep(at string, k *JobKeep) {
	for _, n := range []struct {
		key  string
		much *int
	}{{"last", &k.Last}, {"hours", &k.Hours}, {"days", &k.Days}, {"weeks", &k.Weeks}, {"months", &k.Months}, {"years", &k.Years}} {
		l.checkNumber(child(at, n.key), n.much, 0, 1, 1000)
	}
	if key := child(at, "within"); l.doc.has(key) && !l.told(key) && !resticSpan.MatchString(k.Within) {
		l.add(key, ops.T(`%s is no length of time of restic's; write "14d" or "1y6m"`, `%s n’est pas une durée de restic ; écris "14d" ou "1y6m"`, quoted(k.Within)))
	}
	if l.doc.has(at) && *k == (JobKeep{}) && !l.below(at) {
		l.add(at, ops.T("it says nothing that could be compared; write keep = { days = 7, weeks = 4 }, or leave it out", "elle ne dit rien à comparer ; écris keep = { days = 7, weeks = 4 }, ou enlève-la"))
	}
}
