package config

import (
	"path"
	"strings"
	"time"

	"vigie/ops"
)

const defaultZerobyteEvery = Duration(5 * time.Minute)

func (l *loader) checkZerobyte() {
	if !l.doc.has("zerobyte") {
		return
	}
	z := &l.cfg.Zerobyte
	l.checkServer("zerobyte.url", &z.URL, "http://100.64.0.5:4096")
	z.Key = l.given(EnvZerobyte, "zerobyte.key_file", &z.KeyFile, l.readSecret)
	z.Password = l.given(EnvZerobyteUser, "zerobyte.password_file", &z.PasswordFile, l.readSecret)
	l.checkZerobyteAccess(z)
	l.checkInTheClear("zerobyte.url", z.URL, z.Key, z.Password)
	const root = "zerobyte.restore_root"
	if l.doc.has(root) && !l.told(root) {
		if z.RestoreRoot = path.Clean(z.RestoreRoot); !path.IsAbs(z.RestoreRoot) || z.RestoreRoot == "/" {
			l.add(root, ops.T(`it is a whole path on Zerobyte's own machine, and not /, where it would write over what is there; write restore_root = "/restore"`,
				`c’est un chemin entier sur la machine de Zerobyte, et pas /, où il écraserait ce qui s’y trouve ; écris restore_root = "/restore"`))
		}
	}
	l.checkSpanIn("zerobyte.every", &z.Every, defaultZerobyteEvery, Duration(time.Minute), mostSpan)
	l.checkDesired(z)
}

// checkZerobyteAccess wants one way in.
func (l *loader) checkZerobyteAccess(z *Zerobyte) {
	key := !z.Key.IsZero() || z.KeyFile != ""
	password := !z.Password.IsZero() || z.PasswordFile != ""
	switch {
	case strings.ContainsAny(z.Key.Reveal(), " \t"):
		l.add("zerobyte.key_file", ops.T("what was given holds a blank, so it is no key; copy it again from its settings: it begins with zb_", "ce qui a été donné contient une espace, donc ce n’est pas une clé ; recopie-la depuis ses réglages : elle commence par zb_"))
	case key && (z.User != "" || password):
		l.add("zerobyte.user", ops.T("there is a key as well, and one of the two is enough; remove user and password_file", "il y a aussi une clé, et l’une des deux suffit ; enlève user et password_file"))
	case !key && z.User == "" && !password:
		l.add("zerobyte.key_file", ops.T("it lets nobody in without a key; make one in its settings, put it into a file (chmod 600) and write its name: key_file = \"zerobyte.key\", or set %s; before version 0.40 there are only user and password_file",
			"il ne laisse entrer personne sans clé ; crée-en une dans ses réglages, mets-la dans un fichier (chmod 600) et écris son nom : key_file = \"zerobyte.key\", ou définis %s ; avant la version 0.40 il n’y a que user et password_file", EnvZerobyte))
	case !key && z.User == "":
		l.add("zerobyte.user", ops.T(`there is a password and nobody that it is of; write user = "vigie"`, `il y a un mot de passe et personne à qui il soit ; écris user = "vigie"`))
	case !key && !password:
		l.add("zerobyte.password_file", ops.T("a user needs a password; put it into a file (chmod 600) and write its name: password_file = \"zerobyte.password\", or set %s",
			"il faut un mot de passe ; mets-le dans un fichier (chmod 600) et écris son nom : password_file = \"zerobyte.password\", ou définis %s", EnvZerobyteUser))
	}
}
