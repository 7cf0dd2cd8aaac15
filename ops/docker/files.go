package docker

import (
	"archive/tar"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"vigie/ops"
)

// A FileInfo is what a file in a container is.
type FileInfo struct {
	Name     string      // the last part of its path
	Mode     fs.FileMode // the permissions, and of what [Inside.Stat] saw the type
	UID, GID int         // its owner, by the container's numbers
	Size     int64       // bytes
	Modified time.Time   // zero is now, for [Inside.WriteFile]
	Replace  bool        // for [Inside.WriteFile]: what is there already may be lost
}

// filePath checks a path inside of a container, and splits it: «/data/dump.rdb» is in «/data». Nothing in it may mean
// another place than it says.
func filePath(p string) (dir, name string, err error) {
	dir, name = path.Split(p)
	sound := path.IsAbs(p) && path.Clean(p) == p && p != "/" && !strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f })
	if !sound || strings.HasPrefix(name, ".wh.") { // which layers of images take for a file that was removed
		return "", "", ops.Fail(ops.Invalid, ops.T("%s is no path of a file: it must begin with / and hold no .. and no control characters.",
			"%s n’est pas un chemin de fichier : il doit commencer par / et ne contenir ni .. ni caractère de contrôle.", ops.Name(clip(p, 80))), nil)
	}
	for _, kernel := range []string{"/proc/", "/sys/", "/dev/"} {
		if strings.HasPrefix(p+"/", kernel) {
			return "", "", hidden(p)
		}
	}
	return path.Clean(dir), name, nil
}

// hidden is for a place that only the container's own processes see: Docker would look beneath it.
func hidden(p string) error {
	return ops.Fail(ops.Invalid, ops.T("%s is in the container’s memory, where Docker cannot copy. Choose another directory.",
		"%s est dans la mémoire du conteneur, où Docker ne peut pas copier. Choisis un autre dossier.", ops.Name(clip(p, 80))), nil)
}

// noSuchFile is for what is not there, in the container box.
func noSuchFile(p, box string, err error) error {
	return ops.Fail(ops.NotFound, ops.T("There is no %s in %s.", "Il n’y a pas de %s dans %s.", ops.Name(clip(p, 80)), ops.Name(box)), err)
}

// noRegular is for a directory, a link or a device where a file is wanted.
func noRegular(p, box string) error {
	return ops.Fail(ops.Invalid, ops.T("%s in %s is no regular file (a directory, a link or a device).",
		"%s dans %s n’est pas un fichier ordinaire (un dossier, un lien ou un périphérique).", ops.Name(clip(p, 80)), ops.Name(box)), nil)
}

// taken is for a name that something has already.
func taken(p, box string) error {
	return ops.Fail(ops.Denied, ops.T("There is a %s in %s already, and I do not write over it.", "Il y a déjà un %s dans %s, et je n’écris pas par-dessus.",
		ops.Name(clip(p, 80)), ops.Name(box)), nil)
}

// twoNames checks that a link stands beside its file.
func twoNames(from, to string) error {
	if from != to && path.Dir(from) == path.Dir(to) {
		return nil
	}
	return ops.Fail(ops.Invalid, ops.T("%s and %s must be two names in one directory.", "%s et %s doivent être deux noms dans un même dossier.",
		ops.Name(clip(from, 80)), ops.Name(clip(to, 80))), nil)
}

// unwritten is for a file whose bytes could not be had.
func unwritten(at place, err error) error {
	return ops.Fail(ops.Failed, ops.T("%s could not be written into %s; a part of it may be left there. What was to be in it could not be read: %s",
		"%s n’a pas pu être écrit dans %s ; il en reste peut-être une partie. Ce qui devait y être n’a pas pu être lu : %s",
		ops.Name(at.name), ops.Name(at.box), ops.SayOf(err)), fmt.Errorf("%s: %w", doWriteFile, err))
}

// wrongSize is for a reader that gives other than the announced bytes.
func wrongSize(want int64) error {
	return ops.Fail(ops.Failed, ops.T("it is not the %d bytes that were announced", "ce ne sont pas les %d octets annoncés", want), nil)
}

// header is i as an archive of the one file name tells it.
func (i FileInfo) header(name string) *tar.Header {
	at := i.Modified
	if at.IsZero() {
		at = time.Now()
	}
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(i.Mode.Perm()), Uid: i.UID, Gid: i.GID, Size: i.Size,
		ModTime: at, Format: tar.FormatPAX} // which keeps names and sizes of any length
}

// infoOf is the file that an archive's header tells of.
func infoOf(h *tar.Header) FileInfo {
	info := h.FileInfo()
	return FileInfo{Name: path.Base(h.Name), Mode: info.Mode(), UID: h.Uid, GID: h.Gid, Size: h.Size, Modified: h.ModTime}
}

var dirNoun = ops.T("directory", "de dossier")

const (
	doReadFile  = "reading a file of a container"
	doWriteFile = "writing a file into a container"
)

func init() {
	doings[doReadFile] = ops.T("reading files of containers", "de lire les fichiers des conteneurs")
	doings[doWriteFile] = ops.T("writing files into containers", "d’écrire des fichiers dans les conteneurs")
}
