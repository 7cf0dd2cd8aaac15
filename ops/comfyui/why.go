package comfyui

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"vigie/ops"
)

// A nodeError is what ComfyUI has against one node of a graph.
type nodeError struct {
	Node, Class, Type, Details, Input string
	Got                               string
	gettable                          bool // it is a checkpoint that can be downloaded
}

// nodeErrors reads what ComfyUI says of nodes: an object by node, or, in some versions, an empty list where it says nothing.
func nodeErrors(raw json.RawMessage) (list []nodeError) {
	var nodes map[string]struct {
		Class  string `json:"class_type"`
		Errors []struct {
			Type    string `json:"type"`
			Message string `json:"message"`
			Details string `json:"details"`
			Extra   struct {
				Input string `json:"input_name"`
				Got   any    `json:"received_value"`
			} `json:"extra_info"`
		} `json:"errors"`
	}
	if json.Unmarshal(raw, &nodes) != nil {
		return nil
	}
	for _, id := range sortedNames(nodes) {
		for _, e := range nodes[id].Errors {
			one := nodeError{Node: id, Class: nodes[id].Class, Type: e.Type, Details: e.Message, Input: e.Extra.Input}
			if e.Details != "" {
				one.Details = e.Details
			}
			if e.Extra.Got != nil {
				one.Got = fmt.Sprint(e.Extra.Got)
			}
			list = append(list, one)
		}
	}
	return list
}

func (e nodeError) says() ops.Text {
	node := ops.Name(clip(e.Class, 40) + " " + clip(e.Node, 10))
	input := ops.Name(clip(e.Input, 40))
	switch {
	case e.Type == "value_not_in_list" && e.Input == "ckpt_name" && e.gettable:
		return ops.T("the checkpoint %s is not there (%s). %s downloads it.", "le checkpoint %s n’y est pas (%s). %s le télécharge.", ops.Name(clip(e.Got, 80)), node, ops.Name("/checkpoint_get "+e.Got))
	case e.Type == "value_not_in_list" && e.Input != "ckpt_name" && strings.Contains(e.Class, "Loader"):
		return ops.T("the file %s, which %s wants as its %s, is not in ComfyUI's folders", "le fichier %s, que %s veut comme %s, n’est pas dans les dossiers de ComfyUI", ops.Name(clip(e.Got, 80)), node, input)
	case e.Type == "value_not_in_list" && strings.Contains(e.Class, "Loader"):
		return ops.T("the model file %s is not there (%s). /checkpoints lists what is.", "le fichier de modèle %s n’y est pas (%s). /checkpoints montre ce qu’il y a.", ops.Name(clip(e.Got, 80)), node)
	case e.Type == "value_not_in_list":
		return ops.T("%s does not know %s for %s", "%s ne connaît pas %s pour %s", node, ops.Name(clip(e.Got, 60)), input)
	case e.Type == "value_smaller_than_min", e.Type == "value_bigger_than_max":
		return ops.T("%s of %s cannot be %s: out of its bounds", "%s de %s ne peut pas être %s : hors limites", input, node, ops.Name(clip(e.Got, 40)))
	case e.Type == "required_input_missing":
		return ops.T("%s lacks %s: the workflow is not whole", "il manque %[2]s à %[1]s : le workflow est incomplet", node, ops.Name(clip(e.Details, 60)))
	case e.Type == "return_type_mismatch", e.Type == "bad_linked_input", e.Type == "dependency_cycle":
		return ops.T("%s is wired wrongly in the workflow: %s", "%s est mal relié dans le workflow : %s", node, ops.Name(clip(e.Details, 120)))
	}
	return ops.T("%s: %s", "%s : %s", node, ops.Name(clip(e.Details, 160)))
}

// refused says why ComfyUI does not take a job. The runbook's «empty images» are this, mostly: a checkpoint that is not there.
func (s *System) refused(got reply) error {
	var said struct {
		Error struct {
			Type    string `json:"type"`
			Message string `json:"message"`
			Details string `json:"details"`
			Extra   struct {
				Class string `json:"class_type"`
			} `json:"extra_info"`
		} `json:"error"`
		Nodes json.RawMessage `json:"node_errors"`
	}
	if json.Unmarshal(got.body, &said) != nil || said.Error.Type == "" {
		return refusal(got)
	}
	words := clip(ops.Clean(strings.TrimSpace(said.Error.Message+" "+said.Error.Details)), 200)
	if wrong := nodeErrors(said.Nodes); len(wrong) > 0 {
		var list []ops.Text
		for _, e := range wrong[:min(3, len(wrong))] {
			if _, err := s.known(e.Got); err == nil {
				e.gettable = s.Keeps()
			}
			list = append(list, e.says())
		}
		return ops.Fail(ops.Failed, ops.T("ComfyUI does not take the job: %s", "ComfyUI ne prend pas la tâche : %s", ops.Join("; ", list...)), nil)
	}
	switch said.Error.Type {
	case "missing_node_type", "invalid_prompt":
		return ops.Fail(ops.Failed, ops.T("the workflow uses a node that this ComfyUI does not have: %s. Install its custom node there, or use another workflow.", "le workflow utilise un nœud que ce ComfyUI n’a pas : %s. Installe ce nœud là-bas, ou prends un autre workflow.", ops.Name(words)), nil)
	case "prompt_no_outputs":
		return ops.Fail(ops.Failed, ops.T("the workflow saves no picture: it needs a SaveImage node", "le workflow n’enregistre aucune image : il lui faut un nœud SaveImage"), nil)
	}
	return ops.Fail(ops.Failed, ops.T("ComfyUI does not take the job: %s", "ComfyUI ne prend pas la tâche : %s", ops.Name(words)), nil)
}

var (
	// lacksMemory matches how PyTorch, NumPy, C++ and the system say that memory ran out. Where the container's limit is what is hit,
	// nobody says anything: the process is killed (137), and its queue is gone.
	lacksMemory = regexp.MustCompile(`(?i)out ?of ?memory|can't allocate memory|cannot allocate memory|not enough memory|unable to allocate|MemoryError|DefaultCPUAllocator|bad_alloc|ALLOC_FAILED|Allocation on device|would exceed allowed memory|Errno 12\b`)
	// brokenFile matches how safetensors and PyTorch say that a file is not whole.
	brokenFile = regexp.MustCompile(`(?i)deserializing header|MetadataIncompleteBuffer|HeaderTooLarge|HeaderTooSmall|InvalidHeader|PytorchStreamReader failed|failed finding central directory|unexpected EOF, expected|Ran out of input`)
	// unfitFile matches how ComfyUI says that a file is whole and no checkpoint of a kind that it knows.
	unfitFile = regexp.MustCompile(`(?i)could not detect model type|does not contain a valid|'NoneType' object has no attribute '(tokenize|encode|decode|get_model_object)'|size mismatch for|Error\(s\) in loading state_dict`)
)

// failed says why a job that is over failed.
func (r record) failed() error {
	for _, raw := range r.Status.Messages {
		var parts []json.RawMessage
		var what string
		if json.Unmarshal(raw, &parts) != nil || len(parts) != 2 || json.Unmarshal(parts[0], &what) != nil {
			continue
		}
		var e struct {
			Node    string `json:"node_type"`
			Type    string `json:"exception_type"`
			Message string `json:"exception_message"`
		}
		_ = json.Unmarshal(parts[1], &e) // what cannot be read is told as empty
		switch {
		case what == "execution_interrupted":
			return ops.Fail(ops.Failed, ops.T("somebody interrupted it in ComfyUI", "quelqu’un l’a interrompue dans ComfyUI"), nil)
		case what == "execution_error" && lacksMemory.MatchString(e.Type+" "+e.Message):
			return ops.Fail(ops.Failed, ops.T("ComfyUI ran out of memory in %s: ask for a smaller size or fewer pictures, or give its container more.", "ComfyUI a manqué de mémoire dans %s : demande une taille plus petite ou moins d’images, ou donne plus à son conteneur.", ops.Name(clip(e.Node, 40))), nil)
		case what == "execution_error" && brokenFile.MatchString(e.Type+" "+e.Message):
			return ops.Fail(ops.Failed, ops.T("%s cannot read its model file: it is cut off or broken. Compare its SHA-256 with its page, or download it anew.", "%s ne peut pas lire son fichier de modèle : il est coupé ou abîmé. Compare son SHA-256 à sa page, ou retélécharge-le.", ops.Name(clip(e.Node, 40))), nil)
		case what == "execution_error" && unfitFile.MatchString(e.Message):
			return ops.Fail(ops.Failed, ops.T("the model file does not fit the workflow (%s): it is no whole checkpoint of a kind that this ComfyUI knows, or lacks its CLIP or VAE. /checkpoints lists the others.", "le fichier de modèle ne va pas avec le workflow (%s) : ce n’est pas un checkpoint complet d’un genre que ce ComfyUI connaît, ou il lui manque son CLIP ou son VAE. /checkpoints montre les autres.", ops.Name(clip(e.Node, 40))), nil)
		case what == "execution_error":
			return ops.Fail(ops.Failed, ops.T("%s failed: %s", "%s a échoué : %s", ops.Name(clip(e.Node, 40)), ops.Name(clip(e.Type+": "+e.Message, 200))), nil)
		}
	}
	return ops.Fail(ops.Failed, ops.T("ComfyUI says that it failed, and not why", "ComfyUI dit que ça a échoué, sans dire pourquoi"), nil)
}

// empty says why a job that ended well has no picture.
func (r record) empty() error {
	for _, raw := range r.Status.Messages {
		var parts []json.RawMessage
		var what string
		var cached struct {
			Nodes []string `json:"nodes"`
		}
		if json.Unmarshal(raw, &parts) != nil || len(parts) != 2 || json.Unmarshal(parts[0], &what) != nil || what != "execution_cached" || json.Unmarshal(parts[1], &cached) != nil {
			continue
		}
		var graph map[string]json.RawMessage
		if json.Unmarshal(r.Prompt.graph, &graph) == nil && len(graph) > 0 && len(cached.Nodes) >= len(graph) {
			return ops.Fail(ops.Failed, ops.T("ComfyUI has drawn exactly this before and took it all from its memory, without a new picture: ask with another seed.", "ComfyUI a déjà dessiné exactement cela et a tout repris de sa mémoire, sans nouvelle image : redemande avec une autre graine."), nil)
		}
	}
	return errEmpty()
}

// errEmpty is a job that ended well and made nothing.
func errEmpty() error {
	return ops.Fail(ops.Failed, ops.T("ComfyUI says it is done and there is no picture: usually a checkpoint that is missing or does not fit the workflow, or a SaveImage that nothing leads to. /checkpoints lists what is there.",
		"ComfyUI dit que c’est fini et il n’y a pas d’image : souvent un checkpoint absent ou qui ne va pas avec le workflow, ou un SaveImage que rien n’alimente. /checkpoints montre ce qu’il y a."), nil)
}

// errLost is a job that ComfyUI knows no more.
func errLost() error {
	return ops.Fail(ops.Failed, ops.T("ComfyUI no longer knows the job: it was taken out of the queue, or ComfyUI was restarted, which often means that it ran out of memory (exit 137). Ask again, smaller.",
		"ComfyUI ne connaît plus la tâche : elle a été retirée de la file, ou ComfyUI a redémarré, souvent par manque de mémoire (code 137). Redemande, plus petit."), nil)
}
