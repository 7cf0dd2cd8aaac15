package config

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

const (
	defaultDeployLimit = Duration(30 * time.Minute)
	mostDeploy         = Duration(4 * time.Hour)
)

// checkOpenClawLink reads the bootstrap link, which is a secret: whoever has it steers OpenClaw.
func (l *loader) checkOpenClawLink() {
	o := &l.cfg.OpenClaw
	const key = "openclaw.link_file"
	o.Link = l.given(EnvOpenClaw, key, &o.LinkFile, l.readSecret)
	if o.Link.IsZero() {
		return
	}
	u, err := url.Parse(o.Link.Reveal())
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(o.Link.Reveal(), " \t") {
		l.add(key, ops.T("what was given is no link; it begins with https:// and is what a browser opens, such as https://admin.example.org/__bootstrap__",
			"ce qui a été donné n’est pas un lien ; il commence par https:// et s’ouvre dans un navigateur, par exemple https://admin.example.org/__bootstrap__"))
		return
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		l.add(key, ops.T("it begins with http://, so whoever is on the way reads it; write https://", "il commence par http://, donc qui est sur le chemin le lit ; écris https://"))
	}
	l.keepParts(u.Fragment, strings.TrimPrefix(u.Fragment, "token="), u.RawQuery)
}

// checkOpenClawDeploy checks how the deployment sets models.
func (l *loader) checkOpenClawDeploy() {
	const at = "openclaw.deploy"
	if !l.doc.has(at) {
		return
	}
	d := &l.cfg.OpenClaw.Deploy
	if d.Variables == "" && !l.told(at+".variables") {
		l.add(at+".variables", ops.T(`it does not say in which file; write variables = "/opt/javisi/deploy/inventory/group_vars/all/main.yml"`, `on ne sait pas dans quel fichier ; écris variables = "/opt/javisi/deploy/inventory/group_vars/all/main.yml"`))
	} else if d.Variables != "" {
		d.Variables = abs(l.dir, d.Variables)
		if info, err := os.Stat(d.Variables); err != nil {
			l.add(at+".variables", ops.T("%s cannot be read (%s); name the file on the machine that Vigie runs on", "%s est illisible (%s) ; nomme le fichier de la machine où tourne Vigie", d.Variables, reason(err)))
		} else if !info.Mode().IsRegular() {
			l.add(at+".variables", ops.T("%s is no file", "%s n’est pas un fichier", d.Variables))
		}
	}
	if d.Model == "" && d.Profile == "" {
		l.add(at, ops.T(`it names no variable; write model = "openclaw_{agent}_model"`, `il ne nomme aucune variable ; écris model = "openclaw_{agent}_model"`))
	}
	if d.Model != "" && (strings.Count(d.Model, "{agent}") != 1 || !oneWord.MatchString(strings.ReplaceAll(d.Model, "{agent}", "x"))) {
		l.add(at+".model", ops.T(`%s is no variable of each agent; write the name with {agent} in it, such as "openclaw_{agent}_model"`, `%s n’est pas une variable de chaque agent ; écris le nom avec {agent}, par exemple "openclaw_{agent}_model"`, quoted(d.Model)))
	}
	if d.Model != "" && len(d.Run) == 0 && !l.told(at+".run") {
		l.add(at+".run", ops.T(`nothing brings a new model to OpenClaw; write run = ["make", "-C", "/opt/javisi/deploy", "deploy-role", "ROLE=openclaw"]`, `rien n’apporte un nouveau modèle à OpenClaw ; écris run = ["make", "-C", "/opt/javisi/deploy", "deploy-role", "ROLE=openclaw"]`))
	}
	l.checkProgram(at+".run", d.Run)
	l.checkProgram(at+".profile_run", d.ProfileRun)
	l.checkProfiles(at, d)
	l.checkSpanIn(at+".limit", &d.Limit, defaultDeployLimit, Duration(time.Minute), mostDeploy)
}

func (l *loader) checkProfiles(at string, d *OpenClawDeploy) {
	if d.Profile == "" {
		if len(d.Profiles) > 0 || len(d.ProfileRun) > 0 {
			l.add(at+".profile", ops.T(`profiles are listed, and not which variable holds the active one; write profile = "openclaw_profile"`, `des profils sont listés, mais pas la variable de celui qui est actif ; écris profile = "openclaw_profile"`))
		}
		return
	}
	if !oneWord.MatchString(d.Profile) {
		l.add(at+".profile", ops.T(`%s is no name of a variable; write profile = "openclaw_profile"`, `%s n’est pas un nom de variable ; écris profile = "openclaw_profile"`, quoted(d.Profile)))
	}
	if len(d.Profiles) < 2 {
		l.add(at+".profiles", ops.T(`there is nothing to switch between; write profiles = ["eco", "balanced"]`, `il n’y a rien entre quoi choisir ; écris profiles = ["eco", "balanced"]`))
	}
	for i, p := range d.Profiles {
		if !oneWord.MatchString(p) {
			l.add(element(at+".profiles", i), ops.T("%s is no profile; one is a word", "%s n’est pas un profil ; c’est un mot", quoted(p)))
		} else if slices.Contains(d.Profiles[:i], p) {
			l.add(element(at+".profiles", i), ops.T("%s is listed twice; keep one", "%s est déclaré deux fois ; gardes-en un", quoted(p)))
		}
	}
	if len(d.ProfileRun) == 0 && len(d.Run) == 0 {
		l.add(at+".profile_run", ops.T(`nothing brings another profile to OpenClaw; write profile_run = ["make", "-C", "/opt/javisi/deploy", "openclaw-profile", "PROFILE={profile}"]`,
			`rien n’apporte un autre profil à OpenClaw ; écris profile_run = ["make", "-C", "/opt/javisi/deploy", "openclaw-profile", "PROFILE={profile}"]`))
	}
}
