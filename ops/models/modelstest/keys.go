package modelstest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// keyList answers a page, as LiteLLM does: ten at a time unless asked for more, a hundred at most.
func (s *Server) keyList(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("size"))
	page, _ := strconv.Atoi(q.Get("page"))
	if size < 1 || size > 100 || page < 1 || q.Get("return_full_object") != "true" {
		s.t.Errorf("/key/list?%s", r.URL.RawQuery)
		return
	}
	if !s.DB {
		refuse(w, Failure{500, "internal_server_error", "Authentication Error, Database not connected"})
		return
	}
	list := []any{}
	from, to := min((page-1)*size, len(s.Keys)), min(page*size, len(s.Keys))
	for _, k := range s.Keys[from:to] {
		list = append(list, describe(k))
	}
	say(w, 200, map[string]any{"keys": list, "total_count": len(s.Keys), "current_page": page, "total_pages": (len(s.Keys) + size - 1) / size})
}

func describe(k Key) map[string]any {
	about := map[string]any{"token": k.Hash, "key_name": "sk-...wxyz", "key_alias": nil, "spend": k.Spend, "max_budget": nil, "budget_duration": nil, "blocked": nil}
	if k.Alias != "" {
		about["key_alias"] = k.Alias
	}
	if k.Most > 0 {
		about["max_budget"], about["budget_duration"] = k.Most, "1d"
	}
	if k.Blocked {
		about["blocked"] = true
	}
	return about
}

func (s *Server) find(hash string) int {
	return slices.IndexFunc(s.Keys, func(k Key) bool { return k.Hash == hash })
}

func (s *Server) keyInfo(w http.ResponseWriter, r *http.Request) {
	hash := r.URL.Query().Get("key")
	i := s.find(hash)
	if i < 0 {
		refuse(w, Failure{404, "not_found_error", "Key not found in database"})
		return
	}
	about := describe(s.Keys[i])
	delete(about, "token") // LiteLLM leaves it out here
	say(w, 200, map[string]any{"key": hash, "info": about})
}

func (s *Server) turn(w http.ResponseWriter, r *http.Request) {
	var body struct{ Key string }
	_ = json.NewDecoder(r.Body).Decode(&body) // no key is found below
	i := s.find(body.Key)
	switch {
	case !s.DB:
		w.WriteHeader(500) // 1.83 breaks here, without a word of JSON
		_, _ = w.Write([]byte("Internal Server Error"))
	case i < 0:
		refuse(w, Failure{404, "not_found_error", "Key not found."})
	default:
		if !s.Deaf {
			s.Keys[i].Blocked = strings.HasSuffix(r.URL.Path, "/block")
		}
		say(w, 200, describe(s.Keys[i]))
	}
}
