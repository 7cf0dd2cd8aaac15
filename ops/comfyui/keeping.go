package comfyui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
)

// Keeping says where checkpoints are kept, and which may be downloaded. ComfyUI has no route for that: it sees what is in its folder.
type Keeping struct {
	Dir      string       // the folder, on the machine where it is
	On       Machine      // that machine; nil is this one
	Where    string       // what that machine is called; "" for this one
	Known    []Checkpoint // that may be downloaded, and taken away again
	Hosts    []string     // that may be downloaded from, each redirect too: "huggingface.co", "*.hf.co", "mirror.lan:8443"
	KeepFree int64        // bytes that stay free; 0 is 1 GB
	// Pickle lets files be taken that are no safetensors: whoever made one runs code in ComfyUI when it is loaded.
	Pickle bool
	Client *http.Client // downloads to this machine; nil is a new one
	// Room tells how many bytes are free in a folder of this machine; nil asks the file system.
	Room func(dir string) (int64, error)
}

// A Checkpoint is a file that is known: what it is called, where it comes from, and what it must be.
type Checkpoint struct {
	Name    string `json:"name"`   // of the file: "dreamshaper_8.safetensors"
	URL     string `json:"url"`    // https, without a user
	SHA256  string `json:"sha256"` // 64 hex digits, in lower case
	Size    int64  `json:"size"`   // bytes
	Licence string `json:"licence,omitempty"`
}

const (
	defaultFree  = 1_000_000_000
	safe         = ".safetensors"
	mostRedirect = 5
)

var (
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,119}\.[A-Za-z0-9]{1,16}$`)
	sumForm  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	hostForm = regexp.MustCompile(`^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`)
	pickles  = []string{".ckpt", ".pt", ".pth", ".bin"}
)

// check says everything that is wrong with k.
func (k *Keeping) check() error {
	var wrong []error
	add := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("comfyui: downloads: "+format, args...))
	}
	if !path.IsAbs(k.Dir) || path.Clean(k.Dir) != k.Dir || k.Dir == "/" {
		add("the folder is an absolute path, not %q", k.Dir)
	}
	k.KeepFree = cmp.Or(k.KeepFree, defaultFree)
	for _, h := range k.Hosts {
		if !hostForm.MatchString(h) {
			add("%q is no host", h)
		}
	}
	for i, c := range k.Known {
		if err := c.check(k.Hosts, k.Pickle); err != nil {
			add("%s: %w", c.Name, err)
		}
		if slices.ContainsFunc(k.Known[:i], func(o Checkpoint) bool { return strings.EqualFold(o.Name, c.Name) }) {
			add("%s is there twice", c.Name)
		}
	}
	return errors.Join(wrong...)
}

func (c Checkpoint) check(hosts []string, pickle bool) error {
	switch ext := path.Ext(c.Name); {
	case !nameForm.MatchString(c.Name):
		return errors.New("a name is a file's, without a folder")
	case ext != safe && !slices.Contains(pickles, ext):
		return fmt.Errorf("ComfyUI takes no %s for a checkpoint", ext)
	case ext != safe && !pickle:
		return errors.New("it is no safetensors: files of its kind run code when they are loaded")
	case !sumForm.MatchString(c.SHA256):
		return errors.New("sha256 is 64 hex digits in lower case")
	case c.Size <= 0:
		return errors.New("size is its bytes")
	case !AllowedURL(c.URL, hosts):
		return errors.New("its url is https, without a user, on one of the hosts")
	}
	return nil
}

// part is what it is called while it is not whole: no name that ComfyUI takes for a checkpoint, and another one for other content.
func (c Checkpoint) part() string { return ".vigie-" + c.SHA256[:12] + "-" + c.Name + ".part" }

// Keeps reports whether checkpoints can be downloaded, and taken away.
func (s *System) Keeps() bool { return s.shelf != nil && len(s.keeping.Known) > 0 }

// shop are the ops and steps that need [Keeping].
var shop ops.Set[*System]

// BindKeeping returns the ops for a system that keeps checkpoints; see [System.Keeps].
func BindKeeping(s *System) ops.Bound { return shop.Bind(s) }

var (
	_ = ops.Names(&shop, "comfyui_known", func(_ context.Context, s *System) (list []ops.Choice, _ error) {
		for _, c := range s.keeping.Known {
			list = append(list, ops.Choice{Value: c.Name, Also: []string{strings.TrimSuffix(c.Name, path.Ext(c.Name))}, Hint: ops.T("%s", "%s", ops.Size(c.Size))})
		}
		return list, nil
	})
)

// known finds a checkpoint that the configuration lists.
func (s *System) known(name string) (Checkpoint, error) {
	i := slices.IndexFunc(s.keeping.Known, func(c Checkpoint) bool { return c.Name == name })
	if i < 0 {
		return Checkpoint{}, ops.Fail(ops.NotFound, ops.T("%s is not on the list of checkpoints that I may download", "%s n’est pas sur la liste des checkpoints que je peux télécharger", ops.Name(clip(name, 60))), nil)
	}
	return s.keeping.Known[i], nil
}

// there says where the folder is, for sentences.
func (k Keeping) there() ops.Text {
	if k.Where == "" {
		return ops.T("here", "ici")
	}
	return ops.T("on %s", "sur %s", ops.Name(k.Where))
}
