package docker

import (
	"context"
	"os"
	"strings"
	"time"

	"vigie/ops"
)

// lookAtEnvFiles notes when each env file was written, where it can be seen from here.
func (l *lookout) lookAtEnvFiles() {
	var paths []string
	l.mu.Lock()
	for _, f := range l.files {
		for _, s := range f.Services {
			paths = append(paths, s.EnvFiles...)
		}
	}
	for _, k := range l.boxes {
		paths = append(paths, k.detail.EnvFiles...)
	}
	l.mu.Unlock()
	written := map[string]time.Time{}
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil {
			written[p] = info.ModTime()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written = written
}

// lookForImages notes which images that are expected the engine no longer has. It asks only where the list leaves that open:
// a container whose image has lost its name is listed with the image's id.
func (l *lookout) lookForImages(ctx context.Context) {
	l.mu.Lock()
	var refs []string
	for _, r := range l.view().rows {
		if ref := l.imageInDoubt(r); ref != "" {
			refs = append(refs, ref)
		}
	}
	known := l.noImage
	l.mu.Unlock()
	found := make([]bool, len(refs))
	at := make([]int, len(refs))
	for i := range at {
		at[i] = i
	}
	each(ctx, sweepLimit, sweepWide, at, func(ctx context.Context, i int) {
		_, err := l.stack.Host.Image(ctx, refs[i])
		found[i] = ops.KindOf(err) == ops.NotFound || err != nil && known[refs[i]]
	})
	gone := map[string]bool{}
	for i, ref := range refs {
		gone[ref] = found[i]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noImage = gone
}

// imageInDoubt is the reference of a row's image that may not be there; "" if it is, or need not be.
func (l *lookout) imageInDoubt(r row) string {
	if r.want == nil || r.is == off {
		return ""
	}
	ref := r.ref()
	if ref == "" {
		ref = l.stack.Project + "-" + r.want.Name // what compose calls what it builds
	}
	if r.box == nil {
		return ref
	}
	if k := l.boxes[r.box.ID]; k.ref == ref && (strings.HasPrefix(r.box.Image, "sha256:") || r.box.Image != ref) {
		return ref
	}
	return ""
}
