package docker

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A view is the stack as it is now, read against what the compose files expect.
type view struct {
	rows  []row
	files []File
	warn  error // why the files could not be read, if they could not
}

// A row is one service: what is expected of it and what there is.
type row struct {
	name   string // what people call it: the service, or the container where that is not one
	phase  string // "" where no file names it
	file   string // path of its compose file, "" likewise
	want   *Service
	box    *Container // nil: it has no container
	is     condition
	orphan bool    // of our project, but no file names it
	detail *Detail // where it was looked at closely
}

// see reads the stack in one call to the engine, and the compose files as they are cached.
func (s *Stack) see(ctx context.Context) (view, error) {
	all, err := s.Host.List(ctx)
	if err != nil {
		return view{}, err
	}
	var files []File
	var warn error
	if s.Compose != nil {
		files, warn = s.Compose.Files(ctx)
	}
	return s.read(all, files, warn), nil
}

// ours reports whether c is one of the stack's containers: not another project's, and not made by `compose run`.
func (s *Stack) ours(c Container) bool {
	return !c.OneOff && (s.Project == "" || c.Project == s.Project)
}

// read reads containers against what the files expect. It keeps pointers into all and files.
func (s *Stack) read(all []Container, files []File, warn error) view {
	v := view{files: files, warn: warn}
	ours := map[string][]*Container{}
	var order []string
	for i := range all {
		c := &all[i]
		if !s.ours(*c) || halfMade(*c, all) {
			continue
		}
		key := cmp.Or(c.Service, c.Name)
		if s.Project == "" && c.Project != "" {
			key = c.Project + "/" + key
		}
		if ours[key] == nil {
			order = append(order, key)
		}
		ours[key] = append(ours[key], c)
	}
	for _, f := range v.files {
		for i := range f.Services {
			w := &f.Services[i]
			boxes := ours[w.Name]
			delete(ours, w.Name)
			v.add(s, row{name: w.Name, phase: f.Phase, file: f.Path, want: w}, boxes)
		}
	}
	slices.Sort(order)
	for _, key := range order {
		if boxes, left := ours[key]; left {
			v.add(s, row{name: cmp.Or(boxes[0].Service, boxes[0].Name), orphan: len(v.files) > 0 && v.warn == nil}, boxes)
		}
	}
	v.unique()
	return v
}

// add makes a row for each container of a service, or one row for a service that has none.
func (v *view) add(s *Stack, r row, boxes []*Container) {
	off := s.Off[r.name]
	if len(boxes) == 0 {
		r.is = judge(nil, r.want, off)
		v.rows = append(v.rows, r)
	}
	for _, c := range boxes {
		r := r
		r.box, r.is = c, judge(c, r.want, off)
		if len(boxes) > 1 {
			r.name = c.Name // replicas are told apart by their containers
		}
		v.rows = append(v.rows, r)
	}
}

// unique names rows by container where two would answer to one name.
func (v *view) unique() {
	seen := map[string]int{}
	for _, r := range v.rows {
		seen[r.name]++
	}
	for i := range v.rows {
		if r := &v.rows[i]; seen[r.name] > 1 && r.box != nil {
			r.name = r.box.Name
		}
	}
}

// find returns the row called exactly name, by its service or its container.
func (v view) find(name string) (row, error) {
	for _, called := range []func(row) bool{
		func(r row) bool { return r.name == name },
		func(r row) bool { return r.container() == name },
	} {
		if i := slices.IndexFunc(v.rows, called); i >= 0 {
			return v.rows[i], nil
		}
	}
	var replicas []ops.Choice
	for _, r := range v.rows {
		if r.serviceName() == name {
			replicas = append(replicas, ops.Choice{Value: r.name, Hint: r.says()})
		}
	}
	if len(replicas) > 0 {
		return row{}, &ops.Error{Kind: ops.Invalid, Param: "service", Choices: replicas,
			Say: ops.T("%s has %d containers. Which one?", "%s a %d conteneurs. Lequel ?", ops.Name(name), len(replicas))}
	}
	return row{}, &ops.Error{Kind: ops.NotFound, Param: "service",
		Say: ops.T("There is no service %s in this stack.", "Il n’y a pas de service %s dans cette pile.", ops.Name(clip(name, 40)))}
}

// one sees the stack and finds one row in it.
func (s *Stack) one(ctx context.Context, name string) (view, row, error) {
	v, err := s.see(ctx)
	if err != nil {
		return v, row{}, err
	}
	r, err := v.find(name)
	return v, r, err
}

// container is the name of the row's container, or the one that it would get.
func (r row) container() string {
	if r.box != nil {
		return r.box.Name
	}
	if r.want != nil {
		return r.want.Container
	}
	return r.name
}

// id is what to ask the engine by.
func (r row) id() string {
	if r.box != nil {
		return r.box.ID
	}
	return r.container()
}

// ref is the image that the compose file asks for, or that the container was made from.
func (r row) ref() string {
	if r.want != nil && r.want.Image != "" {
		return r.want.Image
	}
	if r.box != nil && r.want == nil {
		return r.box.Image
	}
	return ""
}

func (r row) once() bool { return r.want != nil && r.want.OneShot }

// running reports whether the container has a process now.
func (r row) running() bool {
	return r.box != nil && (r.box.State == "running" || r.box.State == "paused" || r.box.State == "restarting")
}

// dependents are the names of the running services that declare that they need this one.
func (v view) dependents(r row) (names []string) {
	for _, o := range v.rows {
		if o.want != nil && r.want != nil && o.running() && slices.Contains(o.want.DependsOn, r.want.Name) {
			names = append(names, o.name)
		}
	}
	return names
}

// needs are the rows of what r declares that it needs.
func (v view) needs(r row) (rows []row) {
	for _, o := range v.rows {
		if o.want != nil && r.want != nil && slices.Contains(r.want.DependsOn, o.want.Name) {
			rows = append(rows, o)
		}
	}
	return rows
}

// siblings are the rows of r's service, which compose makes anew together: r alone, unless there are replicas.
func (v view) siblings(r row) (rows []row) {
	for _, o := range v.rows {
		if o.want != nil && o.want == r.want {
			rows = append(rows, o)
		}
	}
	return rows
}

// short takes the project's name off a container's, the way people say it.
func (s *Stack) short(container string) string {
	for _, sep := range []string{"_", "-"} {
		if rest, ok := strings.CutPrefix(container, s.Project+sep); ok && s.Project != "" {
			return rest
		}
	}
	return container
}

// title is what the stack is called in an answer.
func (s *Stack) title() ops.Text {
	if s.Project == "" {
		return ops.T("every container of the host", "tous les conteneurs de la machine")
	}
	return ops.Raw(s.Project)
}

func (s *Stack) wait() time.Duration { return cmp.Or(s.Wait, 2*time.Minute) }

var _ = ops.Names(&set, "service", func(ctx context.Context, s *Stack) ([]ops.Choice, error) {
	v, err := s.see(ctx)
	if err != nil {
		return nil, err
	}
	return s.choices(v), nil
})

func (s *Stack) choices(v view) []ops.Choice {
	list := make([]ops.Choice, 0, len(v.rows))
	for _, r := range v.rows {
		c := ops.Choice{Value: r.name, Hint: r.says()}
		for _, also := range []string{r.container(), s.short(r.container())} {
			if also != r.name && !slices.Contains(c.Also, also) {
				c.Also = append(c.Also, also)
			}
		}
		list = append(list, c)
	}
	return list
}

var _ = ops.Names(&set, "phase", func(ctx context.Context, s *Stack) ([]ops.Choice, error) {
	var list []ops.Choice
	if s.Compose != nil {
		files, err := s.Compose.Files(ctx)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			list = append(list, ops.Choice{Value: f.Phase, Hint: ops.T("%s", "%s", services(len(f.Services)))})
		}
	}
	return append(list, ops.Choice{Value: "all", Also: []string{"tout", "tous"}}), nil
})
