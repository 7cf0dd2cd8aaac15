package comfytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// A graph is what a job is made of, by node.
type graph map[string]struct {
	Class  string                     `json:"class_type"`
	Inputs map[string]json.RawMessage `json:"inputs"`
}

// An input is what a node's input may be.
type input struct {
	link     string // the type that it takes from another node; "" is a value
	text     bool
	min, max float64
	list     []string
}

// A class is what a kind of node takes and gives.
type class struct {
	inputs map[string]input
	gives  []string
	saves  bool
}

// classes are those of the classic text-to-image graph, and EmptyImage.
func (s *Server) classes() map[string]class {
	number := func(least, most float64) input { return input{min: least, max: most} }
	link := func(kind string) input { return input{link: kind} }
	return map[string]class{
		"KSampler": {inputs: map[string]input{"seed": number(0, 1<<64-1), "steps": number(1, 10000), "cfg": number(0, 100), "denoise": number(0, 1),
			"sampler_name": {list: []string{"euler", "euler_ancestral", "dpmpp_2m", "ddim"}}, "scheduler": {list: []string{"normal", "karras"}},
			"model": link("MODEL"), "positive": link("CONDITIONING"), "negative": link("CONDITIONING"), "latent_image": link("LATENT")}, gives: []string{"LATENT"}},
		"CheckpointLoaderSimple": {inputs: map[string]input{"ckpt_name": {list: s.checkpoints()}}, gives: []string{"MODEL", "CLIP", "VAE"}},
		"EmptyLatentImage":       {inputs: map[string]input{"width": number(16, 16384), "height": number(16, 16384), "batch_size": number(1, 4096)}, gives: []string{"LATENT"}},
		"CLIPTextEncode":         {inputs: map[string]input{"text": {text: true}, "clip": link("CLIP")}, gives: []string{"CONDITIONING"}},
		"VAEDecode":              {inputs: map[string]input{"samples": link("LATENT"), "vae": link("VAE")}, gives: []string{"IMAGE"}},
		"EmptyImage":             {inputs: map[string]input{"width": number(1, 16384), "height": number(1, 16384), "batch_size": number(1, 4096), "color": number(0, 0xffffff)}, gives: []string{"IMAGE"}},
		"SaveImage":              {inputs: map[string]input{"images": link("IMAGE"), "filename_prefix": {text: true}}, saves: true},
	}
}

type refusal struct {
	kind, message, details string
	nodes                  any
}

type complaint map[string]any

// validate reads a graph as ComfyUI does: outputs are the nodes that save and whose whole ancestry is right. s.mu is held.
func (s *Server) validate(raw json.RawMessage) (g graph, outputs []string, wrong map[string]any, no *refusal) {
	if json.Unmarshal(raw, &g) != nil || len(g) == 0 {
		return nil, nil, nil, &refusal{"invalid_prompt", "Cannot execute because a node is missing the class_type property.", "Node ID '#1'", []any{}}
	}
	classes := s.classes()
	var savers []string
	for _, id := range slices.Sorted(maps.Keys(g)) {
		c, known := classes[g[id].Class]
		if !known {
			return nil, nil, nil, &refusal{"missing_node_type", fmt.Sprintf("Node '%s' not found. The custom node may not be installed.", g[id].Class), "Node ID '#" + id + "'", []any{}}
		}
		if c.saves {
			savers = append(savers, id)
		}
	}
	if len(savers) == 0 {
		return nil, nil, nil, &refusal{"prompt_no_outputs", "Prompt has no outputs", "", []any{}}
	}
	wrong = map[string]any{}
	for _, id := range savers {
		bad := map[string][]complaint{}
		s.walk(g, classes, id, map[string]bool{}, bad)
		if len(bad) == 0 {
			outputs = append(outputs, id)
			continue
		}
		for node, list := range bad {
			wrong[node] = map[string]any{"errors": list, "dependent_outputs": []string{id}, "class_type": g[node].Class}
		}
	}
	if len(outputs) == 0 {
		return nil, nil, nil, &refusal{"prompt_outputs_failed_validation", "Prompt outputs failed validation", "", wrong}
	}
	return g, outputs, wrong, nil
}

// walk checks a node and what leads to it.
func (s *Server) walk(g graph, classes map[string]class, id string, seen map[string]bool, bad map[string][]complaint) {
	if seen[id] {
		return
	}
	seen[id] = true
	n := g[id]
	for _, name := range slices.Sorted(maps.Keys(classes[n.Class].inputs)) {
		in := classes[n.Class].inputs[name]
		raw, given := n.Inputs[name]
		if !given {
			bad[id] = append(bad[id], complaint{"type": "required_input_missing", "message": "Required input is missing", "details": name, "extra_info": map[string]any{"input_name": name}})
			continue
		}
		if in.link != "" {
			from, c := in.linked(g, classes, name, raw)
			if c != nil {
				bad[id] = append(bad[id], c)
			} else {
				s.walk(g, classes, from, seen, bad)
			}
		} else if c := in.valued(name, raw); c != nil {
			bad[id] = append(bad[id], c)
		}
	}
}

func (in input) linked(g graph, classes map[string]class, name string, raw json.RawMessage) (from string, c complaint) {
	var link []any
	if json.Unmarshal(raw, &link) != nil || len(link) != 2 {
		return "", complaint{"type": "bad_linked_input", "message": "Bad linked input, must be a length-2 list of [node_id, slot_index]", "details": name, "extra_info": map[string]any{"input_name": name, "received_value": raw}}
	}
	from, _ = link[0].(string)
	slot, _ := link[1].(float64)
	c2, ok := classes[g[from].Class]
	if !ok || int(slot) >= len(c2.gives) || c2.gives[int(slot)] != in.link {
		return "", complaint{"type": "return_type_mismatch", "message": "Return type mismatch between linked nodes", "details": name + ", received_type mismatch input_type(" + in.link + ")", "extra_info": map[string]any{"input_name": name}}
	}
	return from, nil
}

func (in input) valued(name string, raw json.RawMessage) complaint {
	var v any
	_ = json.Unmarshal(raw, &v) // it was read once already
	extra := map[string]any{"input_name": name, "received_value": v}
	word, isText := v.(string)
	n, isNumber := v.(float64)
	switch {
	case in.list != nil:
		if !isText || !slices.Contains(in.list, word) {
			return complaint{"type": "value_not_in_list", "message": "Value not in list", "details": fmt.Sprintf("%s: '%v' not in %v", name, v, in.list), "extra_info": extra}
		}
	case in.text:
		if !isText {
			return complaint{"type": "invalid_input_type", "message": "Failed to convert an input value to a STRING value", "details": name, "extra_info": extra}
		}
	case !isNumber:
		return complaint{"type": "invalid_input_type", "message": "Failed to convert an input value to a INT value", "details": name, "extra_info": extra}
	case n < in.min:
		return complaint{"type": "value_smaller_than_min", "message": fmt.Sprintf("Value %v smaller than min of %v", n, in.min), "details": name, "extra_info": extra}
	case n > in.max:
		return complaint{"type": "value_bigger_than_max", "message": fmt.Sprintf("Value %v bigger than max of %v", n, in.max), "details": name, "extra_info": extra}
	}
	return nil
}
