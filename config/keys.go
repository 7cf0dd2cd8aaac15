package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"vigie/ops"
)

// keysOf maps the TOML keys of a struct to its fields.
func keysOf(t reflect.Type) map[string]int {
	keys := map[string]int{}
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("toml"), ",")
		if key != "" && key != "-" {
			keys[key] = i
		}
	}
	return keys
}

var inline = ops.T("a secret never stands in this file, which gets copied and shared; put it into a file of its own (chmod 600) and name that file in the key that ends in _file",
	"un secret n’a pas sa place dans ce fichier, qu’on copie et partage ; mets-le dans un fichier à part (chmod 600) et nomme ce fichier dans la clé qui finit par _file")

var secretWords = []string{"token", "password", "passwd", "secret", "totp", "api_key", "apikey", "bot_token", "totp_secret"}

// unknown reports a key that does not exist, with the one that was probably meant.
func (l *loader) unknown(path, key string, t reflect.Type) {
	at := child(path, key)
	keys := keysOf(t)
	if _, ok := keys[key+"_file"]; ok {
		l.add(at, ops.T("%s; here: %s", "%s ; ici : %s", inline, key+`_file = "…"`))
		l.mute(at + "_file")
		return
	}
	if slices.Contains(secretWords, strings.ToLower(key)) {
		l.add(at, inline)
		return
	}
	if near := nearest(key, keys); near != "" {
		l.add(at, ops.T("there is no such key; did you mean %s?", "cette clé n’existe pas ; voulais-tu dire %s ?", quoted(near)))
		l.mute(child(path, near))
		return
	}
	if i, ok := keysOf(reflect.TypeFor[Config]())[key]; ok && path != "" && reflect.TypeFor[Config]().Field(i).Type.Kind() == reflect.Int64 {
		l.add(at, ops.T("there is no such key here; it stands at the top of the file, before the first [table]", "cette clé n’existe pas ici ; sa place est en haut du fichier, avant la première [table]"))
		return
	}
	if table := elsewhere(key, path); table != "" {
		l.add(at, ops.T("there is no such key here; it belongs below [%s]", "cette clé n’existe pas ici ; sa place est sous [%s]", table))
		l.mute(child(table, key))
		return
	}
	list := strings.Join(slices.Sorted(maps.Keys(keys)), ", ")
	l.add(at, ops.T("there is no such key; known here: %s", "cette clé n’existe pas ; connues ici : %s", list))
}

// nearest is the key at most two slips away, or one for every three letters.
func nearest(key string, keys map[string]int) (near string) {
	least := max(2, (len(key)+1)/3) + 1
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if d := levenshtein.ComputeDistance(strings.ToLower(key), k); d < least && d < len(k) {
			near, least = k, d
		}
	}
	return near
}

// elsewhere is the one table that does have the key, if there is exactly one.
func elsewhere(key, path string) (table string) {
	top := reflect.TypeFor[Config]()
	for name, i := range keysOf(top) {
		t := top.Field(i).Type
		if t.Kind() != reflect.Struct || name == path {
			continue
		}
		if _, ok := keysOf(t)[key]; ok {
			if table != "" {
				return ""
			}
			table = name
		}
	}
	return table
}
