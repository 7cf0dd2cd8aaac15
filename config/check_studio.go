package config

import (
	"regexp"

	"vigie/ops"
)

const defaultWorkflow = "text"

var (
	defaultSizes = []string{"512x512", "768x512", "512x768"}
	sizeForm     = regexp.MustCompile(`^[1-9][0-9]{1,4}x[1-9][0-9]{1,4}$`)
	fileForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,199}$`)
)

// mostSizes are as many as a phone shows in two rows.
const mostSizes = 8

func (l *loader) checkComfyUI() {
	if !l.doc.has("comfyui") {
		return
	}
	c := &l.cfg.ComfyUI
	l.checkServer("comfyui.url", &c.URL, "http://127.0.0.1:8188")
	if c.Workflows != "" {
		l.checkFolder("comfyui.workflows", &c.Workflows, false)
	}
	if c.Workflow == "" && !l.told("comfyui.workflow") {
		c.Workflow = defaultWorkflow
	}
	for key, name := range map[string]string{"comfyui.workflow": c.Workflow, "comfyui.model": c.Model} {
		if name != "" && !fileForm.MatchString(name) && !l.told(key) {
			l.add(key, ops.T("%s is no name of a file; write it as ComfyUI shows it", "%s n’est pas un nom de fichier ; écris-le comme ComfyUI le montre", quoted(name)))
		}
	}
	if len(c.Sizes) == 0 && !l.below("comfyui.sizes") {
		c.Sizes = defaultSizes
	}
	if len(c.Sizes) > mostSizes {
		l.add("comfyui.sizes", ops.T("at most %d sizes are offered as buttons; leave the others out: any can be typed", "au plus %d tailles sont proposées en boutons ; enlève les autres : toutes peuvent se taper", mostSizes))
	}
	for i, size := range c.Sizes {
		if !sizeForm.MatchString(size) {
			l.add(element("comfyui.sizes", i), ops.T("%s is no size; write width and height in pixels: 512x768", "%s n’est pas une taille ; écris largeur et hauteur en pixels : 512x768", quoted(size)))
		}
	}
}

var compositionForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func (l *loader) checkRemotion() {
	if !l.doc.has("remotion") {
		return
	}
	r := &l.cfg.Remotion
	l.checkServer("remotion.url", &r.URL, "http://127.0.0.1:3200")
	if l.doc.has("remotion.public_url") {
		l.checkServer("remotion.public_url", &r.PublicURL, "https://re.example.org")
	}
	r.Token = l.given(EnvRemotion, "remotion.token_file", &r.TokenFile, l.readSecret)
	l.checkInTheClear("remotion.url", r.URL, r.Token)
	if len(r.Compositions) == 0 && !l.below("remotion.compositions") {
		l.add("remotion", ops.T(`it does not say what can be rendered, and the server does not list it; add [[remotion.compositions]] with name = "HelloWorld"`, `on ne sait pas quoi rendre, et le serveur ne le liste pas ; ajoute [[remotion.compositions]] avec name = "HelloWorld"`))
	}
	for i, c := range r.Compositions {
		at := element("remotion.compositions", i)
		if key := child(at, "name"); !compositionForm.MatchString(c.Name) && !l.told(key) {
			l.add(key, ops.T("%s is no composition's id: letters, digits and hyphens", "%s n’est pas l’identifiant d’une composition : lettres, chiffres et tirets", quoted(c.Name)))
		}
		for name, kind := range c.Inputs {
			if kind != "text" && kind != "number" && kind != "yes/no" {
				l.add(child(at, "inputs"), ops.T("input %s is %s; write text, number or yes/no", "l’entrée %s est %s ; écris text, number ou yes/no", quoted(name), quoted(kind)))
			}
		}
	}
}
