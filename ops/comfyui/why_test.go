package comfyui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/color"
	"image/png"
	"strings"
	"testing"

	pic "image"

	"vigie/ops"
)

func recordOf(t *testing.T, messages ...any) record {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"status": map[string]any{"status_str": "error", "messages": messages},
		"prompt": []any{1, one, map[string]any{"3": map[string]any{"class_type": "KSampler"}, "9": map[string]any{"class_type": "SaveImage"}}, map[string]any{}, []string{"9"}}})
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// What a node says went wrong is told as what it means, and what to do. The words are those of PyTorch, safetensors and ComfyUI.
func TestWhyItFailed(t *testing.T) {
	const memory, broken, unfit = "ran out of memory in KSampler", "cut off or broken", "does not fit the workflow"
	for _, c := range []struct{ kind, message, want string }{
		{"RuntimeError", "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 1207959552 bytes. Error code 12 (Cannot allocate memory)", memory},
		{"torch.OutOfMemoryError", "Allocation on device 0 would exceed allowed memory. (out of memory)\nCurrently allocated     : 7.12 GiB", memory},
		{"torch.OutOfMemoryError", "CUDA out of memory. Tried to allocate 20.00 MiB", memory},
		{"numpy._core._exceptions._ArrayMemoryError", "Unable to allocate 2.25 GiB for an array with shape (1, 4096)", memory},
		{"MemoryError", "", memory}, {"RuntimeError", "std::bad_alloc", memory},
		{"RuntimeError", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", memory},
		{"OSError", "[Errno 12] Cannot allocate memory", memory},
		{"safetensors_rust.SafetensorError", "Error while deserializing header: MetadataIncompleteBuffer", broken},
		{"safetensors_rust.SafetensorError", "Error while deserializing header: HeaderTooLarge", broken},
		{"RuntimeError", "PytorchStreamReader failed reading zip archive: failed finding central directory", broken},
		{"RuntimeError", "ERROR: Could not detect model type of: /models/checkpoints/lora.safetensors", unfit},
		{"RuntimeError", "ERROR: clip input is invalid: None\n\nIf the clip is from a checkpoint loader node your checkpoint does not contain a valid clip or text encoder model.", unfit},
		{"AttributeError", "'NoneType' object has no attribute 'tokenize'", unfit},
		{"ValueError", "the sampler has a headache", "KSampler failed: ValueError: the sampler has a headache"},
	} {
		err := recordOf(t, []any{"execution_start", map[string]any{}}, []any{"execution_error", map[string]any{"node_type": "KSampler", "exception_type": c.kind, "exception_message": c.message}}).failed()
		if got := ops.Unmark(ops.SayOf(err).En); !strings.Contains(got, c.want) {
			t.Errorf("%s %q: %q, want %q", c.kind, c.message, got, c.want)
		}
	}
}

// «Empty images», as the runbook calls them, are a missing checkpoint, a job that was served from memory, or nothing that leads to
// a picture; a picture of one colour is no picture either.
func TestWhyItIsEmpty(t *testing.T) {
	if err := recordOf(t, []any{"execution_cached", map[string]any{"nodes": []string{"3", "9"}}}).empty(); !strings.Contains(err.Error(), "another seed") {
		t.Error(err)
	}
	if err := recordOf(t, []any{"execution_cached", map[string]any{"nodes": []string{"3"}}}).empty(); !strings.Contains(err.Error(), "there is no picture") {
		t.Error(err)
	}
	s := &System{keeping: Keeping{Known: []Checkpoint{{Name: "dusk.safetensors"}}}, shelf: &here{}}
	for _, c := range []struct{ class, input, got, want string }{
		{"CheckpointLoaderSimple", "ckpt_name", "dusk.safetensors", "/checkpoint_get dusk.safetensors downloads it"},
		{"CheckpointLoaderSimple", "ckpt_name", "noon.safetensors", "/checkpoints lists what is"},
		{"VAELoader", "vae_name", "x.pt", "wants as its vae_name, is not in ComfyUI's folders"},
	} {
		body := fmt.Sprintf(`{"error":{"type":"prompt_outputs_failed_validation","message":"Prompt outputs failed validation","details":"","extra_info":{}},"node_errors":{"4":{"errors":[{"type":"value_not_in_list","message":"Value not in list","details":"%[2]s: '%[3]s' not in []","extra_info":{"input_name":%[2]q,"received_value":%[3]q}}],"dependent_outputs":["9"],"class_type":%[1]q}}}`, c.class, c.input, c.got)
		if got := ops.Unmark(ops.SayOf(s.refused(reply{400, "application/json", []byte(body)})).En); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", c.got, got)
		}
	}
	for _, dot := range []uint8{0, 9} {
		img := pic.NewGray(pic.Rect(0, 0, 8, 8))
		img.SetGray(5, 5, color.Gray{Y: dot})
		var out bytes.Buffer
		if err := png.Encode(&out, img); err != nil {
			t.Fatal(err)
		}
		if got := oneColour(ops.File{Data: out.Bytes()}); got != (dot == 0) {
			t.Errorf("with a dot of %d it is one colour: %v", dot, got)
		}
	}
}
