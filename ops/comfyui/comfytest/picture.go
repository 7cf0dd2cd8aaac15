package comfytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"slices"

	"maps"
)

// A picture is what a graph draws: a sky with a sun above hills, in colours made of its words and its seed.
type picture struct {
	node          string // the one that takes the time
	words         string
	seed          uint64
	width, height int
	count, steps  int
}

func (g graph) picture() picture {
	p := picture{width: 64, height: 64, count: 1, steps: 1}
	read := func(raw json.RawMessage, v any) { _ = json.Unmarshal(raw, v) } // a link, or what was validated
	for _, id := range slices.Sorted(maps.Keys(g)) {
		in := g[id].Inputs
		switch g[id].Class {
		case "EmptyLatentImage", "EmptyImage":
			read(in["width"], &p.width)
			read(in["height"], &p.height)
			read(in["batch_size"], &p.count)
		case "KSampler":
			p.node = id
			read(in["steps"], &p.steps)
			read(in["seed"], &p.seed)
			var positive []any
			read(in["positive"], &positive)
			if len(positive) == 2 {
				read(g[fmt.Sprint(positive[0])].Inputs["text"], &p.words)
			}
		}
	}
	return p
}

// draw paints a w×h picture, the n'th of its job; done, from 0 to 1, is how far it is: what is missing is noise.
func (p picture) draw(w, h, n int, done float64) *image.RGBA {
	w, h = max(w, 8), max(h, 8)
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%s/%d/%d", p.words, p.seed, n)
	hash := sum.Sum64()
	hue := float64(hash%360) / 60
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	sunX, sunY := float64(hash>>9%100)/100, 0.25+float64(hash>>17%30)/100
	state := hash | 1
	for y := range h {
		for x := range w {
			u, v := float64(x)/float64(w), float64(y)/float64(h)
			c := blend(tint(hue, 0.25), tint(hue+1.2, 0.95), v)
			if d := math.Hypot(u-sunX, (v-sunY)*float64(h)/float64(w)); d < 0.09 {
				c = [3]float64{1, 0.95, 0.75}
			} else if d < 0.3 {
				c = blend([3]float64{1, 0.85, 0.55}, c, (d-0.09)/0.21)
			}
			for layer := range 3 {
				k := float64(layer)
				ridge := 0.6 + 0.12*k + 0.07*math.Sin(u*(5+3*k)+float64(hash>>(8*layer)%7)) + 0.03*math.Sin(u*(19+5*k)+k)
				if v > ridge {
					c = tint(hue+2.5, 0.35-0.1*k)
				}
			}
			state ^= state << 13
			state ^= state >> 7
			state ^= state << 17
			noise := float64(state%256) / 255
			for i := range c {
				c[i] = c[i]*done + noise*(1-done)
			}
			img.SetRGBA(x, y, color.RGBA{channel(c[0]), channel(c[1]), channel(c[2]), 255})
		}
	}
	return img
}

// tint is a colour of the wheel, hue from 0 to 6, value from 0 to 1.
func tint(hue, value float64) [3]float64 {
	part := func(shift float64) float64 { return value * (0.55 + 0.45*math.Cos((hue+shift)*math.Pi/3)) }
	return [3]float64{part(0), part(4), part(2)}
}

func blend(a, b [3]float64, t float64) (c [3]float64) {
	for i := range c {
		c[i] = a[i]*(1-t) + b[i]*t
	}
	return c
}

func channel(f float64) uint8 { return uint8(255 * min(max(f, 0), 1)) }

// save keeps pictures as files that a node saved.
func (s *Server) save(j *job, node string, pictures []*image.RGBA) {
	prefix := "ComfyUI"
	_ = json.Unmarshal(j.graph[node].Inputs["filename_prefix"], &prefix) // it was validated
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range pictures {
		var b bytes.Buffer
		if err := png.Encode(&b, p); err != nil {
			continue // unreachable: memory only
		}
		name := fmt.Sprintf("%s_%05d_.png", prefix, len(s.files)+1)
		s.files["output/"+name] = b.Bytes()
		j.images[node] = append(j.images[node], savedImage{File: name, Type: "output"})
	}
}

func smallJPEG(p *image.RGBA) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, p, &jpeg.Options{Quality: 60}) // memory only
	return b.Bytes()
}
