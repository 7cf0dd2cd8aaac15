package comfyui

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

type imagineParams struct {
	Prompt   string `doc:"what to draw" fr:"quoi dessiner" rest:"true"`
	Size     string `doc:"its size, 512x768" fr:"sa taille, 512x768" optional:"true"`
	Steps    int    `doc:"how many steps: more is slower and finer" fr:"combien de pas : plus, c’est plus lent et plus fin" optional:"true" min:"1"`
	Seed     int    `doc:"the seed: the same draws the same" fr:"la graine : la même donne la même image" optional:"true"`
	Count    int    `doc:"how many pictures" fr:"combien d’images" optional:"true" min:"1"`
	Model    string `doc:"which model" fr:"quel modèle" names:"comfyui_model" optional:"true"`
	Workflow string `doc:"which workflow" fr:"quel workflow" names:"comfyui_workflow" optional:"true"`
}

// A drawing is one job, whole.
type drawing struct {
	Prompt   string            `json:"prompt"`
	Workflow string            `json:"workflow"`
	Model    string            `json:"model,omitempty"`
	Width    int64             `json:"width,omitempty"`  // 0: the workflow decides
	Height   int64             `json:"height,omitempty"` // pixels
	Steps    int64             `json:"steps,omitempty"`
	Count    int64             `json:"count"`
	Seed     string            `json:"seed,omitempty"` // "": one of its own, made of the job's name
	SeedAt   []string          `json:"seedAt,omitempty"`
	Args     map[string]string `json:"args,omitempty"` // of /imagine, so that it can be asked for again
	Who      string            `json:"who"`
	Graph    json.RawMessage   `json:"graph"`
}

// says is the drawing in a line: «a sunset…, 512×512, 20 steps».
func (d drawing) says() ops.Text {
	t := ops.Raw(ops.Name(clip(d.Prompt, 60)).String())
	if d.Width > 0 && d.Height > 0 {
		t = ops.Join(", ", t, ops.Raw(fmt.Sprintf("%d×%d", d.Width, d.Height)))
	}
	if d.Steps > 0 {
		t = ops.Join(", ", t, ops.T("%s", "%s", ops.Count{N: int(d.Steps), EnOne: "step", EnMany: "steps", FrOne: "pas", FrMany: "pas"}))
	}
	if d.Count > 1 {
		t = ops.Join(", ", t, ops.T("%s", "%s", picturesOf(int(d.Count))))
	}
	if d.Seed != "" {
		t = ops.Join(", ", t, ops.T("seed %s", "graine %s", ops.Name(d.Seed)))
	}
	return t
}

var _ = ops.Add(&set, ops.Spec{
	Name: "comfyui.imagine", Command: "imagine", Theme: theme, Risk: ops.Reversible, Examples: []string{"a sunset over mountains", "size=512x768 steps=8 a lighthouse in a storm"},
	Doc: ops.T("Draw a picture with ComfyUI, and send it here.", "Dessiner une image avec ComfyUI, et l’envoyer ici."),
	Phrases: []ops.Text{
		ops.T("draw a sunset over mountains", "dessine un coucher de soleil sur les montagnes"), ops.T("make a picture of a cat", "fais une image d’un chat"),
		ops.T("draw …", "dessine …"), ops.T("draw …", "dessiner …"), ops.T("paint …", "peins …"), ops.T("make a picture of …", "fais une image de …"), ops.T("make an image of …", "fais une image d’…"),
		ops.T("imagine a …?", "imagine un …?"), ops.T("imagine an …?", "imagine une …?"),
		ops.T("make a drawing of …", "fais un dessin de …"), ops.T("make a drawing of …", "fais un dessin d’…"),
	},
}, func(ctx context.Context, s *System, p imagineParams) (ops.Plan, error) {
	d, err := s.drawing(ctx, p)
	if err != nil {
		return ops.Plan{}, err
	}
	about, err := s.stats(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	q, err := s.queue(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	plan := ops.Plan{
		Title:  ops.T("Draw %s", "Dessiner %s", ops.Name(clip(d.Prompt, 60))),
		Target: "comfyui", Shows: "comfyui.picture",
		Facts: []ops.Fact{
			{Name: "model", Value: d.Model, Label: ops.T("the model", "le modèle")},
			{Name: "graph", Value: fmt.Sprintf("%x", sha256.Sum256(d.Graph))[:16], Label: ops.T("the workflow", "le workflow")},
		},
		Steps: []ops.Step{submit.Do(d).Undoing(drop.Do(d.aim())), drawn.Verify(d).GoingOnElsewhere()},
		Done:  ops.T("drawn: %s", "dessiné : %s", ops.Name(clip(d.Prompt, 60))),
	}
	if n := len(q.all()); n > 0 {
		plan.Costs = append(plan.Costs, ops.T("%s before it in ComfyUI's queue.", "%s avant elle dans la file de ComfyUI.", ops.Count{N: n, EnOne: "job", EnMany: "jobs", FrOne: "tâche", FrMany: "tâches"}))
	}
	if about.onCPU() {
		plan.Costs = append(plan.Costs, ops.T("ComfyUI has no GPU there: a picture takes minutes.", "ComfyUI n’y a pas de GPU : une image prend des minutes."))
	}
	return plan, nil
})

// drawing makes a whole job of what was asked for and the template's defaults.
func (s *System) drawing(ctx context.Context, p imagineParams) (d drawing, err error) {
	if p.Workflow == "" {
		p.Workflow = s.o.Workflow
	}
	t, ok := s.templates[p.Workflow]
	if !ok {
		return d, ops.Fail(ops.NotFound, ops.T("there is no workflow %s", "il n’y a pas de workflow %s", ops.Name(clip(p.Workflow, 40))), nil)
	}
	given := map[string]string{"model": p.Model}
	for name, n := range map[string]int{"steps": p.Steps, "seed": p.Seed, "count": p.Count} {
		if n > 0 {
			given[name] = strconv.Itoa(n)
		}
	}
	d.Prompt = t.takeOptions(p.Prompt, given)
	if d.Prompt == "" {
		return d, &ops.Error{Kind: ops.Invalid, Param: "prompt", Say: ops.T("%s is missing: what to draw", "il manque %s : quoi dessiner", ops.Name("prompt"))}
	}
	given["prompt"] = d.Prompt
	if size := given["size"]; size != "" && p.Size == "" {
		p.Size = size
	}
	delete(given, "size")
	if p.Size != "" {
		w, h, err := parseSize(p.Size)
		if err != nil {
			return d, &ops.Error{Kind: ops.Invalid, Param: "size", Choices: choicesOf(s.o.Sizes), Say: ops.T("%s is no size: write it as %s", "%s n’est pas une taille : écris-la %s", ops.Name(clip(p.Size, 20)), ops.Name(s.o.Sizes[0]))}
		}
		given["width"], given["height"] = strconv.FormatInt(w, 10), strconv.FormatInt(h, 10)
	}
	d.Workflow, d.Seed, d.SeedAt, d.Who = p.Workflow, given["seed"], t.Params["seed"].To, ops.Who(ctx).Name
	if err := s.chooseModel(ctx, t, given); err != nil {
		return d, err
	}
	values, err := t.values(p.Workflow, given)
	if err != nil {
		return d, err
	}
	d.Model, _ = values["model"].(string)
	d.Width, d.Height, d.Steps, d.Count = number(values["width"]), number(values["height"]), number(values["steps"]), max(number(values["count"]), 1)
	d.Args = argsOf(d, p.Size, given)
	d.Graph, err = t.fill(values)
	return d, err
}

// argsOf are the words that ask for the drawing again, whatever its seed.
func argsOf(d drawing, size string, given map[string]string) map[string]string {
	args := map[string]string{"prompt": d.Prompt, "workflow": d.Workflow}
	for name, v := range map[string]string{"size": size, "steps": given["steps"], "count": given["count"], "model": d.Model} {
		if v != "" {
			args[name] = v
		}
	}
	for _, name := range sortedNames(given) { // what has no parameter of its own stands among the words
		if v := given[name]; v != "" && !slices.Contains([]string{"prompt", "model", "steps", "seed", "count", "width", "height"}, name) {
			args["prompt"] += " " + name + "=" + v
		}
	}
	return args
}

// takeOptions takes name=value of the template's parameters off the words; what was given otherwise wins.
func (t template) takeOptions(words string, given map[string]string) string {
	var rest []string
	for _, w := range strings.Fields(words) {
		name, value, ok := strings.Cut(w, "=")
		if _, known := t.Params[name]; !ok || value == "" || name == "prompt" || !known && name != "size" {
			rest = append(rest, w)
		} else if given[name] == "" {
			given[name] = value
		}
	}
	return strings.Join(rest, " ")
}

// values reads what is given, and the defaults of what is not.
func (t template) values(workflow string, given map[string]string) (map[string]any, error) {
	values := map[string]any{}
	for _, name := range sortedNames(given) {
		if _, ok := t.Params[name]; !ok && given[name] != "" {
			return nil, ops.Fail(ops.Invalid, ops.T("workflow %s has no %s to set", "le workflow %s n’a pas de %s à régler", ops.Name(workflow), ops.Name(name)), nil)
		}
	}
	for _, name := range sortedNames(t.Params) {
		p, word := t.Params[name], given[name]
		if word == "" && p.Default != nil {
			word = fmt.Sprint(p.Default)
		}
		if word == "" {
			continue
		}
		v, err := p.value(word)
		if err != nil {
			return nil, &ops.Error{Kind: ops.Invalid, Param: name, Choices: choicesOf(p.Choices),
				Say: ops.T("%s cannot be %s; it can be: %s", "%s ne peut pas être %s ; au choix : %s", ops.Name(name), ops.Name(clip(word, 40)), err.Error())}
		}
		values[name] = v
	}
	return values, nil
}

// chooseModel picks the model, among those that are there now.
func (s *System) chooseModel(ctx context.Context, t template, given map[string]string) error {
	p, ok := t.Params["model"]
	if !ok {
		return nil
	}
	there, err := s.models(ctx, p.Folder)
	if err != nil {
		return err
	}
	if given["model"] == "" {
		given["model"] = s.o.Model
	}
	switch {
	case len(there) == 0:
		return noModels(p.Folder)
	case given["model"] == "" && p.Default != nil && slices.Contains(there, fmt.Sprint(p.Default)):
		given["model"] = fmt.Sprint(p.Default)
	case given["model"] == "":
		given["model"] = there[0]
	case !slices.Contains(there, given["model"]):
		return &ops.Error{Kind: ops.NotFound, Param: "model", Choices: choicesOf(there),
			Say: ops.T("ComfyUI has no model %s. It has:", "ComfyUI n’a pas de modèle %s. Il a :", ops.Name(clip(given["model"], 60)))}
	}
	return nil
}

func noModels(folder string) *ops.Error {
	return ops.Fail(ops.NotFound, ops.T("ComfyUI has no checkpoint to draw with: put one (a .safetensors file) into its folder %s; it is seen at once.", "ComfyUI n’a aucun checkpoint pour dessiner : mets-en un (un fichier .safetensors) dans son dossier %s ; il est vu aussitôt.", ops.Name("models/"+folder)), nil)
}

func choicesOf(list []string) (choices []ops.Choice) {
	for _, v := range list {
		choices = append(choices, ops.Choice{Value: v})
	}
	return choices
}

func number(v any) int64 {
	n, _ := v.(int64)
	return n
}
