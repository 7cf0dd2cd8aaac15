package openclaw

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	mostVariables = 4 << 20 // bytes of a file of variables
	keptBackups   = 10
)

// A variable is one line «name: value» of a YAML file of variables, found and changed without touching anything else of the file.
type variable struct {
	Raw   string // the value as it stands there, quotes and all; "" where there is none
	Value string // what it means; of a template, the template
	Found bool
	from  int // where Raw begins
}

var (
	errTwice    = errors.New("it stands there twice")
	errNotPlain = errors.New("its value is not one plain word or sentence")
	errVault    = errors.New("the file is encrypted")
)

// find looks for name on the top level of src. Its errors are errTwice, errNotPlain (a list, a table, a text of several lines) and errVault.
func find(src []byte, name string) (v variable, err error) {
	if bytes.HasPrefix(src, []byte("$ANSIBLE_VAULT")) {
		return v, errVault
	}
	line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `[ \t]*:(?:[ \t]+|$|\r)`)
	hits := line.FindAllIndex(src, 2)
	if len(hits) == 0 {
		return v, nil
	}
	if len(hits) > 1 {
		return v, errTwice
	}
	from := hits[0][1]
	rest, after, _ := strings.Cut(string(src[from:]), "\n")
	raw, ok := scalar(strings.TrimSuffix(rest, "\r"))
	next, _, _ := strings.Cut(after, "\n")
	if !ok || strings.HasPrefix(next, " ") && strings.TrimSpace(next) != "" && !strings.HasPrefix(strings.TrimSpace(next), "#") ||
		raw == "" && strings.HasPrefix(next, "- ") {
		return v, errNotPlain
	}
	return variable{Raw: raw, Value: unquote(raw), Found: true, from: from}, nil
}

// scalar is the value that a line begins with, without the comment behind it.
func scalar(s string) (raw string, ok bool) {
	s = strings.TrimRight(s, " \t")
	switch {
	case s == "" || strings.HasPrefix(s, "#"):
		return "", true
	case s[0] == '"' || s[0] == '\'':
		for i := 1; i < len(s); i++ {
			switch {
			case s[0] == '"' && s[i] == '\\':
				i++
			case s[i] == s[0] && s[0] == '\'' && i+1 < len(s) && s[i+1] == '\'':
				i++
			case s[i] == s[0]:
				rest := strings.TrimSpace(s[i+1:])
				return s[:i+1], rest == "" || strings.HasPrefix(rest, "#") && s[i+1] != '#'
			}
		}
		return "", false
	case strings.ContainsRune("|>&*{[!%@`?-", rune(s[0])):
		return "", false
	}
	if at := strings.Index(s, " #"); at >= 0 {
		s = s[:at]
	}
	s = strings.TrimRight(s, " \t")
	return s, !strings.Contains(s, ": ")
}

func unquote(raw string) string {
	if len(raw) < 2 || raw[0] != '"' && raw[0] != '\'' {
		return raw
	}
	body := raw[1 : len(raw)-1]
	if raw[0] == '\'' {
		return strings.ReplaceAll(body, "''", "'")
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(body)
}

// replace gives src with the variable's value written as raw; found false takes the line away that added it.
func replace(src []byte, name, raw string, found bool) ([]byte, error) {
	v, err := find(src, name)
	switch {
	case err != nil:
		return nil, err
	case v.Found && !found:
		start := bytes.LastIndexByte(src[:v.from], '\n') + 1
		end := len(src)
		if at := bytes.IndexByte(src[v.from:], '\n'); at >= 0 {
			end = v.from + at + 1
		}
		return slices.Concat(src[:start], src[end:]), nil
	case v.Found:
		before, after := src[:v.from], src[v.from+len(v.Raw):]
		switch { // a value needs a blank on either side, and takes it along when it goes
		case v.Raw == "" && raw != "":
			if !bytes.HasSuffix(before, []byte(" ")) && !bytes.HasSuffix(before, []byte("\t")) {
				raw = " " + raw
			}
			if bytes.HasPrefix(after, []byte("#")) {
				raw += " "
			}
		case raw == "" && bytes.HasPrefix(after, []byte(" #")):
			after = after[1:]
		}
		return slices.Concat(before, []byte(raw), after), nil
	case !found:
		return src, nil
	}
	if len(src) > 0 && !bytes.HasSuffix(src, []byte("\n")) {
		src = append(slices.Clip(src), '\n')
	}
	return append(slices.Clip(src), []byte(name+": "+raw+"\n")...), nil
}

// quoted writes a value as YAML takes it. It holds nothing that would have to be escaped: see modelShape.
func quoted(value string) string { return `"` + value + `"` }

// A fileOf is a file of variables as it was read.
type fileOf struct {
	path string // the file itself, not a link to it
	body []byte
	info fs.FileInfo
}

func (f fileOf) sum() string { return fmt.Sprintf("%x", sha256.Sum256(f.body))[:16] }

func readVariables(path string) (f fileOf, err error) {
	if f.path, err = filepath.EvalSymlinks(path); err != nil {
		return f, err
	}
	if f.info, err = os.Stat(f.path); err != nil {
		return f, err
	}
	if !f.info.Mode().IsRegular() || f.info.Size() > mostVariables {
		return f, fmt.Errorf("%s is no file of variables", f.path)
	}
	f.body, err = os.ReadFile(f.path)
	return f, err
}

// save puts body in the place of the file, whole or not at all, with its owner and mode, and keeps what was there beside it under a name
// that Ansible does not read as variables.
func (f fileOf) save(body []byte, now time.Time) (kept string, err error) {
	kept = f.path + ".vigie-" + now.UTC().Format("20060102T150405.000") + ".bak"
	if err := f.put(kept, f.body); err != nil {
		return "", err
	}
	old, err := filepath.Glob(f.path + ".vigie-*.bak")
	if err != nil {
		return "", err
	}
	slices.Sort(old)
	for _, name := range old[:max(0, len(old)-keptBackups)] {
		if err := os.Remove(name); err != nil {
			return "", err
		}
	}
	return kept, f.put(f.path, body)
}

// put makes a file called name with the owner and mode of f, and syncs it before it has that name.
func (f fileOf) put(name string, body []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(f.path), ".vigie-*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	_, err = tmp.Write(body)
	err = errors.Join(err, tmp.Chmod(f.info.Mode().Perm()))
	if st, ok := f.info.Sys().(*syscall.Stat_t); ok && err == nil {
		err = tmp.Chown(int(st.Uid), int(st.Gid))
	}
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(f.path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
