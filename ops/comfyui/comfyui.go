// Package comfyui draws pictures on a ComfyUI server: a few words become a job made of a workflow template, its progress is
// told live, and the pictures come into the chat.
//
// # What it holds to
//
// A job's name, ComfyUI's prompt_id, is made of the run that asked for it. So a job is found again whatever happened between
// us and ComfyUI, and is never sent twice. Versions that choose the name themselves keep ours in the job's extra_data.
//
// Nobody else's job is touched: a waiting one is taken out of the queue by its name, and a running one is interrupted only
// after ComfyUI said that it is the one that runs. /interrupt with an empty body stops whatever runs, so it is never sent.
//
// A picture counts as drawn when it can be fetched, decodes, and has the size that was asked for.
//
// A checkpoint comes only from where the configuration says, only from hosts on its list, into a file beside, and gets its name only
// once its SHA-256 is right; nothing is ever written over. It is downloaded by the machine that keeps it.
//
// Read comfyui.go (what can be asked for), template.go (a workflow and its parameters), imagine.go (the plan), submit.go and
// follow.go (a job), socket.go (live progress), why.go (what went wrong, in plain words), cancel.go; then keeping.go (which checkpoints are known), get.go and remove.go (the plans), gotten.go (their steps), download.go (until it is whole),
// here.go and far.go (the folder, here and on another machine), asked.go (what is asked of that machine, to the letter).
package comfyui

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"vigie/ops"
)

// Options say where the server is. Zero values mean what each field says.
type Options struct {
	URL       string       // "http://127.0.0.1:8188"
	Workflows string       // a folder of templates, *.json; "" is the built-in one alone
	Workflow  string       // the template that is used unless another is named; "" is "text"
	Model     string       // the model that is used unless another is named; "" is the first that ComfyUI lists
	Sizes     []string     // that are offered as buttons: "512x512"
	Keeping   *Keeping     // where checkpoints are kept, and which may be downloaded; nil: they are only listed
	Client    *http.Client // for tests and demos; nil is a new one
}

// A System is what the ops here work on. [New] makes one.
type System struct {
	o         Options
	base      string
	client    *http.Client
	templates map[string]template
	keeping   Keeping
	shelf     shelf // nil without Keeping

	mu       sync.Mutex // guards previews; held for moments only
	previews map[string]ops.File
}

var set ops.Set[*System]

// Bind returns every op in this package, working on s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

var theme = ops.T("Studio", "Studio")

// New makes a system of o and reads its templates; it asks nothing yet. The error names everything that is wrong with o.
func New(o Options) (*System, error) {
	s := &System{o: o, base: strings.TrimRight(o.URL, "/"), client: o.Client, previews: map[string]ops.File{}}
	if s.client == nil {
		s.client = &http.Client{}
	}
	own := *s.client // a redirect leads to a page for people
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.client = &own
	if s.o.Workflow == "" {
		s.o.Workflow = builtin
	}
	if len(s.o.Sizes) == 0 {
		s.o.Sizes = []string{"512x512", "768x512", "512x768"}
	}
	var wrong []error
	if u, err := url.Parse(o.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		wrong = append(wrong, errors.New("comfyui: url begins with http:// or https:// and names a host, without a password"))
	}
	var err error
	if s.templates, err = readTemplates(o.Workflows); err != nil {
		wrong = append(wrong, err)
	}
	if _, ok := s.templates[s.o.Workflow]; !ok {
		wrong = append(wrong, errors.New("comfyui: there is no workflow called "+s.o.Workflow))
	}
	if o.Keeping != nil {
		s.keeping = *o.Keeping
		wrong = append(wrong, s.keeping.check())
		if s.keeping.On != nil {
			s.shelf = &far{s.keeping.Dir, s.keeping.Where, s.keeping.On}
		} else {
			s.shelf = newHere(&s.keeping)
		}
	}
	for _, size := range s.o.Sizes {
		if _, _, err := parseSize(size); err != nil {
			wrong = append(wrong, errors.New("comfyui: a size is written 512x768, not "+size))
		}
	}
	return s, errors.Join(wrong...)
}

var (
	_ = ops.Names(&set, "comfyui_workflow", func(_ context.Context, s *System) (list []ops.Choice, _ error) {
		for _, name := range sortedNames(s.templates) {
			list = append(list, ops.Choice{Value: name, Hint: s.templates[name].About})
		}
		return list, nil
	})
	_ = ops.Names(&set, "comfyui_model", func(ctx context.Context, s *System) (list []ops.Choice, _ error) {
		models, err := s.models(ctx, "checkpoints")
		for _, m := range models {
			list = append(list, ops.Choice{Value: m, Also: []string{strings.TrimSuffix(m, ".safetensors")}})
		}
		return list, err
	})
	// Jobs of ours that are over, as long as ComfyUI knows of them.
	_ = ops.Names(&set, "comfyui_drawn", func(ctx context.Context, s *System) (list []ops.Choice, _ error) {
		recent, err := s.recent(ctx)
		for _, r := range recent {
			if o := r.Prompt.Ours; o.ID != "" && r.Status.How == "success" {
				list = append(list, ops.Choice{Value: r.Prompt.work(), Label: ops.Raw(clip(o.Prompt, 40)), Also: []string{o.Prompt}})
			}
		}
		return list, err
	})
	// Jobs of ours that wait or are being drawn.
	_ = ops.Names(&set, "comfyui_job", func(ctx context.Context, s *System) (list []ops.Choice, _ error) {
		q, err := s.queue(ctx)
		for _, j := range q.all() {
			if j.Ours.ID != "" {
				list = append(list, ops.Choice{Value: j.work(), Label: ops.Raw(clip(j.Ours.Prompt, 40)), Also: []string{j.Ours.Prompt}})
			}
		}
		return list, err
	})
)

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func picturesOf(n int) ops.Count {
	return ops.Count{N: n, EnOne: "picture", EnMany: "pictures", FrOne: "image", FrMany: "images"}
}
