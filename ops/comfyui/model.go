package comfyui

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// ours is what a job of ours carries in its extra_data, so that it can be told, found, and asked for again from what ComfyUI
// keeps, without a memory of our own.
type ours struct {
	ID       string            `json:"id"` // the job's name, as we chose it
	Who      string            `json:"who"`
	Prompt   string            `json:"prompt"`
	Workflow string            `json:"workflow"`
	Args     map[string]string `json:"args"` // of /imagine, with the seed that was used
	Width    int64             `json:"width,omitempty"`
	Height   int64             `json:"height,omitempty"`
	Count    int64             `json:"count,omitempty"`
}

// A job is one element of the queue: a list of number, name, graph, extra data, outputs.
type job struct {
	ID      string // ComfyUI's prompt_id
	Ours    ours   // empty for somebody else's
	Running bool
	Place   int // in the queue: 0 runs, or is next
	graph   json.RawMessage
}

// uses reports whether the job's graph names a file.
func (j job) uses(file string) bool { return strings.Contains(string(j.graph), `"`+file+`"`) }

// work is what the run was about that the job belongs to; see [ops.Work].
func (j job) work() string { return strings.ReplaceAll(j.Ours.ID, "-", "") }

func (j *job) UnmarshalJSON(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	if len(parts) > 1 {
		if err := json.Unmarshal(parts[1], &j.ID); err != nil {
			return err
		}
	}
	if len(parts) > 2 {
		j.graph = parts[2]
	}
	if len(parts) > 3 {
		var extra struct {
			Vigie ours `json:"vigie"`
		}
		if json.Unmarshal(parts[3], &extra) == nil { // somebody else's may hold anything there
			j.Ours = extra.Vigie
		}
	}
	return nil
}

// A line is the queue.
type line struct {
	Running []job `json:"queue_running"`
	Pending []job `json:"queue_pending"`
}

func (s *System) queue(ctx context.Context) (q line, err error) {
	if err = s.get(ctx, "/queue", &q); err != nil {
		return line{}, err
	}
	for i := range q.Running {
		q.Running[i].Running = true
	}
	for i := range q.Pending {
		q.Pending[i].Place = i + len(q.Running)
	}
	return q, nil
}

func (q line) all() []job { return append(slices.Clone(q.Running), q.Pending...) }

// find returns the job that we call id.
func (q line) find(id string) (job, bool) {
	all := q.all()
	if i := slices.IndexFunc(all, func(j job) bool { return j.ID == id || j.Ours.ID == id }); i >= 0 {
		return all[i], true
	}
	return job{}, false
}

// A record is what is kept of a job that is over.
type record struct {
	Prompt  job `json:"prompt"`
	Outputs map[string]struct {
		Images []image `json:"images"`
	} `json:"outputs"`
	Status struct {
		How       string            `json:"status_str"` // success, error
		Completed bool              `json:"completed"`
		Messages  []json.RawMessage `json:"messages"`
	} `json:"status"`
}

// An image is where a picture is.
type image struct {
	File   string `json:"filename"`
	Folder string `json:"subfolder"`
	Type   string `json:"type"` // output; temp for previews
}

// images are the pictures that were saved; previews only where nothing was.
func (r record) images() []image {
	var saved, temp []image
	for _, node := range sortedNames(r.Outputs) {
		for _, i := range r.Outputs[node].Images {
			if i.Type == "output" {
				saved = append(saved, i)
			} else {
				temp = append(temp, i)
			}
		}
	}
	if len(saved) > 0 {
		return saved
	}
	return temp
}

// over returns what is kept of the job that we call id, if it is over. ComfyUI answers {} for what runs, waits, or never was.
func (s *System) over(ctx context.Context, id string) (r record, ok bool, err error) {
	var found map[string]record
	if err := s.get(ctx, "/history/"+url.PathEscape(id), &found); err != nil {
		return r, false, err
	}
	if r, ok = found[id]; ok {
		return r, true, nil
	}
	recent, err := s.recent(ctx)
	for _, r := range recent {
		if r.Prompt.Ours.ID == id {
			return r, true, nil
		}
	}
	return r, false, err
}

// recent are the last jobs that are over.
func (s *System) recent(ctx context.Context) (list []record, err error) {
	var found map[string]record
	if err := s.get(ctx, "/history?max_items=64", &found); err != nil {
		return nil, err
	}
	for _, name := range sortedNames(found) {
		list = append(list, found[name])
	}
	return list, nil
}

// nameOf is what a job is called whose run is about work: a UUID in its canonical form.
func nameOf(work string) string {
	if len(work) != 32 {
		return work
	}
	return strings.Join([]string{work[:8], work[8:12], work[12:16], work[16:20], work[20:]}, "-")
}
