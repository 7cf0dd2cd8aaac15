package chart

import (
	"bytes"
	"image/png"
	"math"
	"testing"
	"time"
)

func TestFigure(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 42: "42", 9999: "9999", 12345: "12.3 k", 2.5e6: "2.5 M", 3e9: "3 G", 7e12: "7 T", 2e16: "2.00e+16", 0.12345: "0.123", -15000: "-15 k", math.Inf(1): "+Inf"} {
		if got := Figure(v); got != want {
			t.Errorf("%v is written %q, not %q", v, got, want)
		}
	}
}

func TestPNG(t *testing.T) {
	g := Grid{From: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), Step: time.Minute, N: 60, Zone: time.UTC}
	one, none := g.Line("cpu", Gap()), g.Line("", 0)
	for i := range 60 {
		one.Put(g, g.From.Add(time.Duration(i)*time.Minute+10*time.Second), float64(i*i))
	}
	for _, at := range []time.Duration{-time.Minute, 60 * time.Minute} {
		one.Put(g, g.From.Add(at), 1e9)
	}
	one.Put(g, g.From, math.NaN())
	if n := Drawn([]*Line{one, none}); n != 60 || one.values[59] != 59*59 || one.values[0] != 0 {
		t.Errorf("%d values, %v", n, one.values)
	}
	b, err := g.PNG([]*Line{one, none})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil || img.Bounds().Dx() != Width || img.Bounds().Dy() != Height {
		t.Errorf("%v, %v", img.Bounds(), err)
	}
}
