package fresh

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path"
	"strconv"
	"strings"

	"vigie/ops"
)

// A refusal is a permission that is missing: who would need it, and on what.
type refusal struct {
	path  string // what stands in the way
	needs string // of rwx: "r-x"
	owner string // "root:adm"; "" if unknown
	mode  fs.FileMode
	err   error
}

func (r *refusal) Error() string { return "reading " + r.path + ": " + r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

// refusalOf finds out what stands in the way when err says that a path may not be read: the path, or a folder above it that
// may not be entered. Other errors it returns as they are.
func refusalOf(disk Disk, err error) error {
	var at *fs.PathError
	if !errors.Is(err, fs.ErrPermission) || !errors.As(err, &at) {
		return err
	}
	r := &refusal{path: at.Path, needs: "r--", err: err}
	info, failed := disk.Stat(at.Path)
	if failed == nil && info.IsDir() {
		r.needs = "r-x"
	}
	for failed != nil && r.path != "/" { // the nearest that can be looked at is the one that may not be entered
		r.path, r.needs = path.Dir(r.path), "--x"
		info, failed = disk.Stat(r.path)
	}
	if failed == nil {
		r.owner, r.mode = owner(info), info.Mode()
	}
	return r
}

// me is the user that Vigie runs as: "vigie (uid 998)".
func me() string {
	uid := "uid " + strconv.Itoa(os.Geteuid())
	if u, err := user.LookupId(strconv.Itoa(os.Geteuid())); err == nil {
		return u.Username + " (" + uid + ")"
	}
	return uid
}

// hidden is what is wrong when t cannot be looked at.
func (t target) hidden(err error) wrong {
	w := wrong{kind: unreadable}
	var r *refusal
	var at *fs.PathError
	where := plainFolder(t.pattern)
	if errors.As(err, &at) {
		where = at.Path
	}
	name, place := ops.Name(t.id), ops.Name(where)
	var away *ops.Error
	switch {
	case errors.As(err, &away):
		w.title = ops.T("%s cannot be looked at: %s", "%s ne peut pas être regardé : %s", name, ops.SayOf(err))
	case errors.As(err, &r):
		w.title = ops.T("%s: I may not read %s", "%s : je n’ai pas le droit de lire %s", name, ops.Name(r.path))
		w.lines = []ops.Text{ops.T("I run as %s and need %s on it", "je tourne sous %s et il me faut %s dessus", me(), r.needs)}
		if t.rule.Host != "" {
			w.lines = []ops.Text{ops.T("there I am the user of its ssh key, and need %s on it (a guard there lists the folders in its own file)",
				"là-bas je suis l’utilisateur de sa clé ssh, et il me faut %s dessus (un garde y liste les dossiers dans son propre fichier)", r.needs)}
			break
		}
		if r.owner != "" {
			w.lines = append(w.lines, ops.T("it belongs to %s, %s", "il appartient à %s, %s", r.owner, r.mode.String()))
		}
		w.lines = append(w.lines, ops.T("one way: %s", "par exemple : %s", ops.Name("setfacl -m u:"+strconv.Itoa(os.Geteuid())+":"+r.needs+" "+quoted(r.path))))
	case errors.Is(err, fs.ErrNotExist), notFolder(err):
		w.kind = missing
		w.title = ops.T("%s: the folder %s is not there", "%s : le dossier %s n’existe pas", name, place)
		w.lines = []ops.Text{ops.T("mounted? in a container: is it among the volumes?", "est-il monté ? dans un conteneur : est-il parmi les volumes ?")}
		if t.rule.Host != "" {
			w.lines = []ops.Text{ops.T("on %s. Is it mounted there?", "sur %s. Y est-il monté ?", ops.Name(t.rule.Host))}
		}
	case errors.Is(err, errStuck):
		w.title = ops.T("%s: %s does not answer for %s", "%s : %s ne répond pas depuis %s", name, place, ops.Span(patience))
		w.lines = []ops.Text{ops.T("likely a network mount whose other end is gone", "sans doute un montage réseau dont l’autre bout a disparu")}
	case deadMount(err):
		w.title = ops.T("%s: the mount of %s is dead", "%s : le montage de %s est mort", name, place)
		w.lines = []ops.Text{ops.T("the system says: %s", "le système dit : %s", said(err))}
	default:
		w.title = ops.T("%s cannot be read: %s", "%s est illisible : %s", name, said(err))
		w.lines = []ops.Text{t.where()}
	}
	return w
}

// said is what the system says, without the path, which stands beside it.
func said(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return ops.Clean(err.Error())
}

// quoted is s as a shell takes it for one word.
func quoted(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("/._-", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return cmp.Or(s, "''")
}
