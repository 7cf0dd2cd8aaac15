package config

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"vigie/ops"
)

// mostSecret is far more than any secret needs, in bytes.
const mostSecret = 16 << 10

// readSecret reads the secret that key names a file for. What is wrong with the file is reported; then it is empty.
func (l *loader) readSecret(key, path string) Secret {
	why, value := openSecret(path)
	if !why.IsZero() {
		l.add(key, why)
		return Secret{}
	}
	l.keep(value)
	return conceal(value)
}

func openSecret(path string) (ops.Text, string) {
	why, value := openPrivate(path, ops.T("%s is too large to hold one secret; put the secret alone in the file", "%s est trop gros pour un secret ; mets le secret seul dans le fichier", path))
	if why.IsZero() && strings.ContainsAny(value, "\r\n") {
		why = ops.T("%s has more than one line; leave the secret alone in it", "%s a plusieurs lignes ; n’y laisse que le secret", path)
	}
	if why.IsZero() && strings.Contains(value, "\t") {
		why = untypable(path)
	}
	if !why.IsZero() {
		return why, ""
	}
	return why, value
}

func untypable(path string) ops.Text {
	return ops.T("%s holds characters that cannot be typed; write the secret into it as plain text", "%s contient des caractères illisibles ; écris-y le secret en texte simple", path)
}

// openPrivate reads a text, without the space round it, that its owner alone can read. large says that it is too much.
func openPrivate(path string, large ops.Text) (ops.Text, string) {
	bad := func(en, fr string, args ...any) (ops.Text, string) {
		return ops.T(en, fr, append([]any{path}, args...)...), ""
	}
	info, err := os.Stat(path) // before opening: opening a pipe would wait for its writer
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return bad("there is no file %s; create it, readable by its owner alone: umask 077, then write the secret into it",
			"il n’y a pas de fichier %s ; crée-le, lisible par son seul propriétaire : umask 077, puis écris le secret dedans")
	case err != nil:
		return bad("%s cannot be looked at (%s); give the user that Vigie runs as access to it", "%s est inaccessible (%s) ; donnes-en l’accès à l’utilisateur de Vigie", reason(err))
	case !info.Mode().IsRegular():
		return bad("%s is not a plain file; name the file that holds the secret", "%s n’est pas un fichier ordinaire ; nomme le fichier qui contient le secret")
	case info.Mode().Perm()&0o077 != 0:
		return bad("%[1]s can be read by others (mode %04[2]o); run: chmod 600 %[1]s", "%[1]s est lisible par d’autres (mode %04[2]o) ; lance : chmod 600 %[1]s", info.Mode().Perm())
	case info.Size() > mostSecret:
		return large, ""
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return bad("%s cannot be read (%s); make the user that Vigie runs as its owner: chown", "%s est illisible (%s) ; rends l’utilisateur de Vigie propriétaire : chown", reason(err))
	}
	value := strings.TrimSpace(string(b))
	switch {
	case value == "":
		return bad("%s is empty; write the secret into it", "%s est vide ; écris le secret dedans")
	case strings.ContainsFunc(value, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t", r) || r == unicode.ReplacementChar
	}):
		return untypable(path), ""
	}
	return ops.Text{}, value
}

// reason is what the system says, without the path, which is said already.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
