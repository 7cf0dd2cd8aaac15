package ops

import (
	"encoding/json"
	"slices"
	"strings"
)

// forbidden are words that no step may hold in any argument, whoever asks: they delete what cannot be brought back.
// The systems cannot express them anyway; this is the second lock on the same door.
var forbidden = map[string]Text{
	"--remove-orphans": T("--remove-orphans deletes the services of the other compose file: two files are one project here",
		"--remove-orphans supprime les services de l’autre fichier compose : deux fichiers font un seul projet ici"),
	"--volumes": T("removing volumes deletes the data, and nothing brings it back",
		"supprimer les volumes efface les données, et rien ne les ramène"),
	"-v":    T("down -v deletes the volumes, that is the data", "down -v supprime les volumes, donc les données"),
	"--rmi": T("removing images with a down makes the next start depend on a registry", "supprimer les images avec un down fait dépendre le démarrage suivant d’un registre"),
}

// Forbidden says why word may never be part of a command, if it may not.
func Forbidden(word string) (Text, bool) {
	why, no := forbidden[strings.ToLower(word)]
	return why, no
}

// never applies the rules that sit below policy, model and admin. It returns nil if the plan may be judged.
func (g *Gate) never(p Plan) *Error {
	for name, value := range p.Args {
		if why, no := g.NeverArgs[strings.ToLower(value)]; no {
			return &Error{Kind: Denied, Param: name, Say: T("Never: %s", "Jamais : %s", why)}
		}
	}
	for _, s := range p.Steps {
		if err := g.neverStep(s); err != nil {
			return err
		}
		for _, u := range s.Undo {
			if err := g.neverStep(u); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *Gate) neverStep(s Step) *Error {
	k, ok := g.runners[s.Kind]
	if !ok {
		return Fail(Invalid, T("nothing here can do a step of kind %s", "rien ici ne sait faire une étape %s", Name(s.Kind)), nil)
	}
	var args any
	if err := json.Unmarshal(s.Args, &args); err != nil {
		return Fail(Invalid, T("the step %s cannot be read", "l’étape %s est illisible", Name(s.Kind)), err)
	}
	if why, no := anyForbidden(args); no {
		return Fail(Denied, T("Never: %s", "Jamais : %s", why), nil)
	}
	if g.Protected == nil {
		return nil
	}
	for _, what := range k.stops(s.Args) {
		if why, no := g.Protected(what); no {
			return Fail(Denied, T("Never: %s", "Jamais : %s", why), nil)
		}
	}
	return nil
}

func anyForbidden(v any) (Text, bool) {
	switch v := v.(type) {
	case string:
		return Forbidden(v)
	case []any:
		if i := slices.IndexFunc(v, func(e any) bool { _, no := anyForbidden(e); return no }); i >= 0 {
			return anyForbidden(v[i])
		}
	case map[string]any:
		for _, e := range v {
			if why, no := anyForbidden(e); no {
				return why, true
			}
		}
	}
	return Text{}, false
}
