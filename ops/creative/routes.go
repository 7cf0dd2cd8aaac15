package creative

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

// A Route is what the pipeline does with one type, and with some models of it.
type Route struct {
	Type     string   // as the webhook takes it: "image"
	Models   []string // those that take this route; none: no model is sent
	Provider string   // who makes it, in the pipeline's own word for it: "byteplus"
	Price    float64  // USD for each Per; 0 is free
	Per      string   // "piece" or "second"
	Seconds  int      // how long it is unless something else is asked for; 0: that must be said where Per is "second"
	Most     int      // the most seconds that may be asked for; 0 is no length at all
	Sizes    []string // that may be asked for; none: any
	// Compositions are those that may be asked for; none: it takes none.
	Compositions []string
	// Result is where what is made is looked for: "comfyui" or "remotion" by the maker's name for it, "url" at the address that
	// the pipeline answers with, "assets" in the register.
	Result string
	From   []string // hosts besides the webhook's that a result may be fetched from: "*.example.org"
	Broken ops.Text // why it is known not to work; zero: it does
}

const (
	perPiece, perSecond                              = "piece", "second"
	byComfyUI, byRemotion, byAddress, byRegistration = "comfyui", "remotion", "url", "assets"
)

func (r Route) paid() bool { return r.Price > 0 }

func (r Route) check(o Options) error {
	switch {
	case r.Type == "" || r.Provider == "":
		return errors.New("it names no type or no provider")
	case r.Price < 0 || math.IsNaN(r.Price) || math.IsInf(r.Price, 0):
		return errors.New("its price is no number of dollars")
	case r.Per != perPiece && r.Per != perSecond && (r.Per != "" || r.paid()):
		return errors.New("its price is per piece or per second")
	case r.Per == perSecond && r.paid() && r.Most <= 0 || r.Seconds > r.Most:
		return errors.New("it needs the most seconds that may be asked for")
	case !r.Broken.IsZero():
		return nil
	case r.Result == byComfyUI && o.Pictures == nil, r.Result == byRemotion && o.Videos == nil, r.Result == byRegistration && o.Assets == nil:
		return errors.New("what would find its result is not there: " + r.Result)
	case !slices.Contains([]string{byComfyUI, byRemotion, byAddress, byRegistration}, r.Result):
		return errors.New("its result cannot be looked for in " + r.Result)
	}
	return nil
}

// price is what it costs, as people say it: «0.12 $/s».
func (r Route) price() ops.Text {
	switch {
	case !r.paid():
		return ops.T("free", "gratuit")
	case r.Per == perSecond:
		return ops.Raw(usd(r.Price) + "/s")
	}
	return ops.T("%s each", "%s pièce", usd(r.Price))
}

// most is what an order costs at most, in USD.
func (r Route) most(seconds int) float64 {
	if r.Per == perSecond {
		return r.Price * float64(seconds)
	}
	return r.Price
}

// usd says an amount with as many digits as it needs, two at least: 0.84 $, 0.0425 $.
func usd(v float64) string {
	s := strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64)
	if _, cents, _ := strings.Cut(s, "."); len(cents) < 2 {
		s = fmt.Sprintf("%.2f", v)
	}
	return s + " $"
}

// routeOf finds the one route of a type and a model, and the model that is sent.
func (s *System) routeOf(kind, model string) (Route, string, error) {
	var of []Route
	for _, r := range s.o.Routes {
		if strings.EqualFold(r.Type, kind) {
			of = append(of, r)
		}
	}
	if len(of) == 0 {
		return Route{}, "", s.noType(kind)
	}
	for _, r := range of {
		if model == "" && len(r.Models) == 0 {
			return r, "", nil
		}
		for _, m := range r.Models {
			if model != "" && strings.EqualFold(m, model) {
				return r, m, nil
			}
		}
	}
	if sound := slices.DeleteFunc(slices.Clone(of), func(r Route) bool { return !r.Broken.IsZero() }); model == "" && len(sound) == 1 && len(sound[0].Models) == 1 {
		return sound[0], sound[0].Models[0], nil
	}
	e := &ops.Error{Kind: ops.Invalid, Param: "model", Say: ops.T("Which model makes the %s?", "Quel modèle fait : %s ?", ops.Name(of[0].Type))}
	if model != "" {
		e.Kind, e.Say = ops.NotFound, ops.T("No route is configured for %s with %s: n8n would take one that may cost anything. There is:",
			"Aucune route configurée pour %s avec %s : n8n en prendrait une à n’importe quel prix. Il y a :", ops.Name(of[0].Type), ops.Name(clip(model, 40)))
	}
	for _, r := range of {
		for _, m := range r.Models {
			hint := r.price()
			if !r.Broken.IsZero() {
				hint = ops.T("broken", "en panne")
			}
			e.Choices = append(e.Choices, ops.Choice{Value: m, Hint: hint, Label: ops.T("%s, %s", "%s, %s", m, hint)})
		}
	}
	return Route{}, "", e
}

// noType refuses what the pipeline would send to a paid provider without being asked.
func (s *System) noType(kind string) error {
	e := &ops.Error{Kind: ops.NotFound, Param: "type", Say: ops.T("No route is configured for %s: n8n sends what it does not know to a provider that is paid, so I do not ask. There is:",
		"Aucune route configurée pour %s : n8n envoie ce qu’il ne connaît pas chez un fournisseur payant, donc je ne demande pas. Il y a :", ops.Name(clip(kind, 40)))}
	if kind == "" {
		e.Kind, e.Say = ops.Invalid, ops.T("/create: what is to be made?", "/create : que faut-il faire ?")
	}
	for _, name := range s.types() {
		e.Choices = append(e.Choices, ops.Choice{Value: name})
	}
	return e
}

// types are those that there are routes for, in the order of the configuration.
func (s *System) types() (list []string) {
	for _, r := range s.o.Routes {
		if !slices.Contains(list, r.Type) {
			list = append(list, r.Type)
		}
	}
	return list
}

func (s *System) hasType(kind string) bool {
	return slices.ContainsFunc(s.o.Routes, func(r Route) bool { return strings.EqualFold(r.Type, kind) })
}
