package llm_test

import (
	"testing"

	"vigie/llm"
	"vigie/llm/readertest"
)

// What follows an opening goes to its op as it was written; what may be no request is guessed, and so never done unseen.
func TestProse(t *testing.T) {
	w := world(t)
	for _, c := range []struct {
		said, prompt string
		guessed      bool
	}{
		{"draw a cat and restart n8n", "a cat and restart n8n", false},
		{"Could you draw me a Cat, « oil » painting? thanks", "a Cat, « oil » painting", false},
		{"dessine-nous l’Été, s’il te plaît", "l’Été", false},
		{"fais-moi un dessin d’un phare", "un phare", false},
		{"draw", "", false},
		{"drwa a cat", "a cat", true},
		{"draw a cat?", "a cat", true},
		{"imagine an attacker has my phone, what can he do", "attacker has my phone, what can he do", true},
		{"imagine une ville", "ville", true},
	} {
		r := w.Reader.Read(c.said, w.Names, readertest.Now, llm.Talk{})
		if len(r.Asks) != 1 || r.Asks[0].Op != "comfyui.imagine" || r.Asks[0].Args["prompt"] != c.prompt || r.Asks[0].Guessed != c.guessed {
			t.Errorf("%q: %+v", c.said, r)
		}
	}
	for _, said := range []string{"«draw a cat»", "he said draw a cat", "don't draw a cat", "ne dessine pas", "never draw a cat", "I draw a lot"} {
		for _, u := range w.Reader.Read(said, w.Names, readertest.Now, llm.Talk{}).Asks {
			if u.Op == "comfyui.imagine" {
				t.Errorf("%q draws: %+v", said, u)
			}
		}
	}
}
