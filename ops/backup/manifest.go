package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"vigie/ops"
)

// The names that a folder of ours holds beside what was saved.
const (
	manifestName = "manifest.json" // written last: a folder without one is unfinished
	markerName   = "started.json"  // written first: the folder is ours, and this is how far it is
	savingName   = ".saving"       // what is being written; nothing in it counts
	partial      = ".part"
)

// A Manifest says what a backup holds. It is written when all of it is on the disk.
type Manifest struct {
	Version int       `json:"version"` // 1
	Token   string    `json:"token"`   // of the plan that made it
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	Files   []Saved   `json:"files"`
	Missing []Missing `json:"missing,omitempty"` // what should be here and is not: the backup is partial
}

// Saved is one file of a backup.
type Saved struct {
	Artefact string            `json:"artefact"`
	Name     string            `json:"name"` // in the folder
	Size     int64             `json:"size"`
	SHA256   string            `json:"sha256"`
	Proof    ops.Text          `json:"proof,omitzero"` // what was seen when it was read back
	Versions map[string]string `json:"versions,omitempty"`
	Started  time.Time         `json:"started"` // nothing that was written later is in it
	Ended    time.Time         `json:"ended"`
}

// Missing is an artefact that could not be saved.
type Missing struct {
	Artefact string   `json:"artefact"`
	Why      ops.Text `json:"why"`
}

// most is how large a manifest may be: one with 10 000 files has 3 MB.
const most = 16 << 20

// ParseManifest reads a manifest, or the marker of an unfinished folder. It accepts only what can be acted upon: every name is
// that of a file in the folder, and none stands for two.
func ParseManifest(body []byte) (Manifest, error) {
	var m Manifest
	in := json.NewDecoder(bytes.NewReader(body))
	if err := in.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("reading a manifest: %w", err)
	}
	if in.More() {
		return Manifest{}, errors.New("reading a manifest: more follows after its end")
	}
	if m.Version != 1 || m.Token == "" || m.Started.IsZero() {
		return Manifest{}, errors.New("reading a manifest: it is none of version 1")
	}
	names, artefacts := map[string]bool{}, map[string]bool{}
	for _, f := range m.Files {
		digest, err := hex.DecodeString(f.SHA256)
		switch {
		case f.Artefact == "" || artefacts[f.Artefact]:
			return Manifest{}, fmt.Errorf("reading a manifest: the artefact %q is there twice, or nameless", f.Artefact)
		case !plain(f.Name) || names[f.Name]:
			return Manifest{}, fmt.Errorf("reading a manifest: %q is no name of a file of its own", f.Name)
		case err != nil || len(digest) != sha256.Size || f.Size <= 0:
			return Manifest{}, fmt.Errorf("reading a manifest: size or SHA-256 of %q is none", f.Name)
		}
		names[f.Name], artefacts[f.Artefact] = true, true
	}
	return m, nil
}

// plain reports whether name is that of a file in the folder, and none of ours.
func plain(name string) bool {
	return name != "" && name == filepath.Base(name) && !strings.HasPrefix(name, ".") && !strings.ContainsAny(name, "/\x00") &&
		name != manifestName && name != markerName && !strings.HasSuffix(name, partial)
}

func (m Manifest) size() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

func (m Manifest) of(artefact string) (Saved, bool) {
	for _, f := range m.Files {
		if f.Artefact == artefact {
			return f, true
		}
	}
	return Saved{}, false
}

func (m Manifest) body() []byte {
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic(err) // unreachable: a Manifest is plain data
	}
	return append(body, '\n')
}
