package config

import (
	"regexp"
	"strings"

	"vigie/ops"
)

var (
	variable = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)
	telltale = regexp.MustCompile(`KEY|SECRET|TOKEN|PASS|SAS`) // what is said in the names of secrets
)

// readEnv reads a secret's file of NAME=value lines, as they are: with no quotes and no shell. What is wrong is reported,
// and then it is empty.
func (l *loader) readEnv(key, path string) map[string]Secret {
	why, text := openPrivate(path, ops.T("%s is too large to hold a few variables; put them alone into the file", "%s est trop gros pour quelques variables ; mets-les seules dans le fichier", path))
	if !why.IsZero() {
		l.add(key, why)
		return nil
	}
	env, n := map[string]Secret{}, 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		l.keepVariable(name, value)
		if why := wrongVariable(name, value, env); !why.IsZero() {
			l.add(key, ops.T("line %d of %s: %s", "ligne %d de %s : %s", n, path, why))
			return nil
		}
		env[name] = conceal(value)
	}
	if len(env) == 0 {
		l.add(key, ops.T("there is nothing in %s; write lines into it such as AWS_ACCESS_KEY_ID=…", "il n’y a rien dans %s ; écris-y des lignes comme AWS_ACCESS_KEY_ID=…", path))
		return nil
	}
	return env
}

// wrongVariable says what is wrong with one variable, without quoting it: what stands there may be a secret in the wrong place.
func wrongVariable(name, value string, seen map[string]Secret) ops.Text {
	_, twice := seen[name]
	switch {
	case !variable.MatchString(name):
		return ops.T("this is no variable; write NAME=value, in capital letters, without export", "ce n’est pas une variable ; écris NOM=valeur, en capitales, sans export")
	case strings.HasPrefix(name, "RESTIC_"):
		return ops.T("restic's own settings have keys here: password_file, repository_file; leave the line out", "les réglages de restic ont ici leurs clés : password_file, repository_file ; enlève la ligne")
	case strings.HasPrefix(name, "LD_"):
		return ops.T("it would change which code runs; leave the line out", "elle changerait le code qui tourne ; enlève la ligne")
	case value == "":
		return ops.T("it has no value; write one, or leave the line out", "elle n’a pas de valeur ; écris-en une, ou enlève la ligne")
	case strings.ContainsAny(value[:1], `"'`):
		return ops.T("quotes would be part of the value, as no shell reads this; write it without", "les guillemets feraient partie de la valeur, car aucun shell ne lit ceci ; écris-la sans")
	case twice:
		return ops.T("it was given before; keep one of the two", "elle a déjà été donnée ; garde l’une des deux")
	}
	return ops.Text{}
}

// keepVariable remembers a value, unless hiding it would hide half of every answer: "true", a region.
func (l *loader) keepVariable(name, value string) {
	value = strings.Trim(value, `"'`)
	switch {
	case telltale.MatchString(name):
		l.keep(value)
	case !strings.HasSuffix(name, "_REGION"):
		l.keepParts(value)
	}
}
