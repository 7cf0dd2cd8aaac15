package comfyui

import (
	"bytes"
	"context"
	"fmt"
	picture "image"
	_ "image/gif" // decoders of what ComfyUI saves
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"net/url"
	"strings"

	"vigie/ops"
)

// mostPixels keeps a forged header from asking for memory that is not there.
const mostPixels = 100 << 20

type workParams struct {
	Work string `doc:"which job" fr:"quelle tâche" names:"comfyui_drawn"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "comfyui.picture", Command: "picture", Theme: theme, Examples: []string{},
	Doc:     ops.T("Show what a job drew, and ask for it again.", "Montrer ce qu’une tâche a dessiné, et la redemander."),
	Phrases: []ops.Text{ops.T("show that picture", "montre cette image")},
}, func(ctx context.Context, s *System, p workParams) (ops.Answer, error) {
	id := nameOf(p.Work)
	r, ok, err := s.over(ctx, id)
	if err != nil {
		return ops.Answer{}, err
	}
	if !ok {
		return ops.Answer{}, ops.Fail(ops.NotFound, ops.T("ComfyUI knows no picture of that job: it is not drawn yet, or ComfyUI was restarted since.", "ComfyUI ne connaît pas d’image de cette tâche : pas encore dessinée, ou ComfyUI a redémarré depuis."), nil)
	}
	if r.Status.How == "error" {
		return ops.Answer{}, r.failed()
	}
	o := r.Prompt.Ours
	a := ops.Say(ops.T("🟢 %s", "🟢 %s", o.says()))
	for _, i := range r.images() {
		f, _, _, err := s.fetch(ctx, i)
		if err != nil {
			return ops.Answer{}, err
		}
		if oneColour(f) {
			a.Line(allOneColour())
		}
		a.Blocks = append(a.Blocks, ops.Block{File: &f})
	}
	if len(a.Blocks) == 1 {
		return ops.Answer{}, r.empty()
	}
	return *a.Row(ops.Button{Label: ops.T("Again", "Encore une"), Ask: o.again("seed", "")},
		ops.AskFor(ops.T("Vary…", "Varier…"), "comfyui.vary", "work", p.Work)), nil
})

// says is a job in a line.
func (o ours) says() ops.Text {
	t := ops.Raw(ops.Name(clip(o.Prompt, 80)).String())
	if o.Width > 0 && o.Height > 0 {
		t = ops.Join(" · ", t, ops.Raw(fmt.Sprintf("%d×%d", o.Width, o.Height)))
	}
	if seed := o.Args["seed"]; seed != "" {
		t = ops.Join(" · ", t, ops.T("seed %s", "graine %s", ops.Name(clip(seed, 20))))
	}
	return t
}

// again asks for the job as it was, but for the pairs; "" takes one away.
func (o ours) again(pairs ...string) *ops.Ask {
	args := ops.Args{}
	for k, v := range o.Args {
		args[k] = v
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
		if pairs[i+1] == "" {
			delete(args, pairs[i])
		}
	}
	return &ops.Ask{Op: "comfyui.imagine", Args: args}
}

var _ = ops.Look(&set, ops.Spec{
	Name: "comfyui.vary", Command: "vary", Theme: theme, Examples: []string{},
	Doc:     ops.T("Draw the same again with one thing changed: size, steps, number, model.", "Redessiner la même en changeant une chose : taille, pas, nombre, modèle."),
	Phrases: []ops.Text{ops.T("the same picture but larger", "la même image en plus grand")},
}, func(ctx context.Context, s *System, p workParams) (ops.Answer, error) {
	r, ok, err := s.over(ctx, nameOf(p.Work))
	if err != nil {
		return ops.Answer{}, err
	}
	if !ok || r.Prompt.Ours.ID == "" {
		return ops.Answer{}, ops.Fail(ops.NotFound, ops.T("ComfyUI no longer knows that job: it was restarted since.", "ComfyUI ne connaît plus cette tâche : il a redémarré depuis."), nil)
	}
	o := r.Prompt.Ours
	t := s.templates[o.Workflow]
	a := ops.Say(ops.T("The same, with one thing changed: %s", "La même, en changeant une chose : %s", o.says()))
	var row []ops.Button
	if len(t.Params["width"].To)+len(t.Params["height"].To) > 0 {
		for _, size := range s.o.Sizes {
			if w, h, _ := parseSize(size); w != o.Width || h != o.Height {
				row = append(row, ops.Button{Label: ops.Raw(strings.ReplaceAll(size, "x", "×")), Ask: o.again("size", size)})
			}
		}
	}
	a.Row(row...)
	row = nil
	if steps, ok := t.Params["steps"]; ok {
		row = append(row, ops.Button{Label: ops.T("Finer", "Plus fine"), Ask: o.again("steps", fmt.Sprint(doubled(o.Args["steps"], steps)))})
	}
	if many := t.Params["count"].Max; many > 1 {
		row = append(row, ops.Button{Label: ops.T("%d of it", "%d d’un coup", int(many)), Ask: o.again("count", fmt.Sprint(int(many)), "seed", "")})
	}
	a.Row(row...)
	if models, err := s.models(ctx, t.Params["model"].Folder); err == nil && len(t.Params["model"].To) > 0 {
		for _, m := range models[:min(4, len(models))] {
			if m != o.Args["model"] {
				a.Row(ops.Button{Label: ops.T("With %s", "Avec %s", clip(m, 30)), Ask: o.again("model", m)})
			}
		}
	}
	return a, nil
})

// doubled is twice as many steps, within bounds.
func doubled(now string, p param) int64 {
	if now == "" {
		now = fmt.Sprint(p.Default)
	}
	v, err := p.value(now)
	if n := number(v); err == nil && p.Max > 0 {
		return min(2*n, int64(p.Max))
	} else if err == nil {
		return 2 * n
	}
	return 1
}

func allOneColour() ops.Text {
	return ops.T("%s but all of one colour: the checkpoint or its VAE does not fit, or half precision does not work there (--force-fp32)", "%s mais d’une seule couleur : le checkpoint ou son VAE ne va pas, ou la demi-précision n’y marche pas (--force-fp32)", ops.AtRisk)
}

// oneColour reports whether a picture shows nothing: every pixel is the same. It is how a job looks whose numbers became no numbers.
func oneColour(f ops.File) bool {
	img, _, err := picture.Decode(bytes.NewReader(f.Data))
	if err != nil {
		return false
	}
	b := img.Bounds()
	r, g, bl, _ := img.At(b.Min.X, b.Min.Y).RGBA()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r2, g2, b2, _ := img.At(x, y).RGBA(); r2 != r || g2 != g || b2 != bl {
				return false
			}
		}
	}
	return true
}

// fetch gets one picture and reads it whole. Its errors are of what was fetched, not of us.
func (s *System) fetch(ctx context.Context, i image) (f ops.File, w, h int, err error) {
	got, err := s.send(ctx, http.MethodGet, "/view?"+url.Values{"filename": {i.File}, "subfolder": {i.Folder}, "type": {i.Type}}.Encode(), nil)
	if err != nil {
		return f, 0, 0, err
	}
	name := ops.Name(clip(i.File, 60))
	if got.code != http.StatusOK {
		if got.code >= 500 {
			return f, 0, 0, refusal(got)
		}
		return f, 0, 0, ops.Fail(ops.Failed, ops.T("ComfyUI says that it drew %s and does not give it (%d)", "ComfyUI dit avoir dessiné %s et ne la donne pas (%d)", name, got.code), nil)
	}
	c, kind, err := picture.DecodeConfig(bytes.NewReader(got.body))
	if err == nil && int64(c.Width)*int64(c.Height) <= mostPixels {
		_, _, err = picture.Decode(bytes.NewReader(got.body))
	}
	if err != nil || int64(c.Width)*int64(c.Height) > mostPixels {
		return f, 0, 0, ops.Fail(ops.Failed, ops.T("%s is no picture that can be read: it was cut off, or is none", "%s n’est pas une image lisible : coupée, ou autre chose", name), err)
	}
	return ops.File{Name: i.File, Type: "image/" + kind, Data: got.body}, c.Width, c.Height, nil
}
