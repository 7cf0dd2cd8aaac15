package postgres

import (
	"slices"
	"strings"
)

// A word is one piece of a statement.
type word struct {
	text string // of a name or a string without its quotes
	kind byte   // 'w' bare, '"' quoted name, '\'' string, or the character itself
}

// is reports whether w is the given keyword.
func (w word) is(keyword string) bool { return w.kind == 'w' && strings.EqualFold(w.text, keyword) }

func (w word) name() bool { return w.kind == 'w' || w.kind == '"' }

// words takes a statement apart.
func words(s string) (list []word) {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '"' || c == '\'':
			text, end := inQuotes(s, i)
			list = append(list, word{text, c})
			i = end
		case wordByte(c):
			end := i
			for end < len(s) && (wordByte(s[end]) || s[end] == '$') {
				end++
			}
			list = append(list, word{s[i:end], 'w'})
			i = end
		default:
			list = append(list, word{s[i : i+1], c})
			i++
		}
	}
	return list
}

// inQuotes reads what stands in the quotes that open at i, in which two of them stand for one.
func inQuotes(s string, i int) (text string, end int) {
	quote := s[i]
	var b strings.Builder
	for i++; i < len(s); i++ {
		if s[i] == quote {
			if i+1 < len(s) && s[i+1] == quote {
				i++
			} else {
				return b.String(), i + 1
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), i
}

// starts reports whether the statement begins with the keywords.
func starts(list []word, keywords ...string) bool {
	for i, k := range keywords {
		if i >= len(list) || !list[i].is(k) {
			return false
		}
	}
	return true
}

// after is the index behind the last place where the keywords follow each other, -1 if they do not.
func after(list []word, keywords ...string) int {
	for i := len(list) - len(keywords); i >= 0; i-- {
		if starts(list[i:], keywords...) {
			return i + len(keywords)
		}
	}
	return -1
}

// qualified reads a name with or without its schema, and gives it as [Table.Name] has it.
func qualified(list []word) string {
	if len(list) == 0 || !list[0].name() {
		return ""
	}
	if len(list) < 3 || list[1].kind != '.' || !list[2].name() {
		return list[0].text
	}
	return tableName(list[0].text, list[2].text)
}

// tableName is a table as people know it: the schema public is left out.
func tableName(schema, name string) string {
	if schema == "public" {
		return name
	}
	return schema + "." + name
}

// roles reads names with commas between them.
func roles(list []word) (names []string) {
	for i := 0; i < len(list); i += 2 {
		switch w := list[i]; {
		case w.is("GROUP"):
			i--
			continue
		case !w.name(), w.is("PUBLIC"), w.is("CURRENT_USER"), w.is("SESSION_USER"), w.is("CURRENT_ROLE"):
		default:
			names = append(names, w.text)
		}
		if i+1 >= len(list) || list[i+1].kind != ',' {
			return names
		}
	}
	return names
}

// statement takes in what one statement says of the dump.
func (s *scanner) statement(list []word) {
	if len(list) == 0 {
		return
	}
	switch {
	case starts(list, "COPY"):
		if after(list, "FROM", "stdin") > 0 {
			s.table = qualified(list[1:])
		}
	case slices.ContainsFunc([]string{"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"}, list[0].is):
		s.transact = true
	case starts(list, "INSERT", "INTO"):
		s.Inserts = true
	case starts(list, "SELECT") && len(list) > 5 && list[3].is("lo_create"):
		s.Objects++
	case starts(list, "SET", "SESSION", "AUTHORIZATION") && len(list) > 3 && !list[3].is("DEFAULT"):
		s.owner(list[3].text)
	case starts(list, "GRANT"), starts(list, "REVOKE"), starts(list, "ALTER", "DEFAULT", "PRIVILEGES"):
		s.grant(list)
	case starts(list, "CREATE"):
		s.create(list)
	case starts(list, "ALTER"), starts(list, "DROP"), starts(list, "COMMENT", "ON"), starts(list, "SECURITY", "LABEL"):
		s.alter(list)
	}
}

func (s *scanner) owner(name string) {
	if !slices.Contains(s.Owners, name) {
		s.Owners = append(s.Owners, name)
	}
}

func (s *scanner) grantees(names []string) {
	for _, n := range names {
		if !slices.Contains(s.Grantees, n) {
			s.Grantees = append(s.Grantees, n)
		}
	}
}

// beyond notes a statement about something other than the one database.
func (s *scanner) beyond(list []word) {
	if s.wide == "" {
		text := make([]string, 0, 4)
		for _, w := range list[:min(len(list), 4)] {
			text = append(text, w.text)
		}
		s.wide = cut(strings.Join(text, " "), 60)
	}
}

func (s *scanner) grant(list []word) {
	on := after(list, "ON")
	if !starts(list, "ALTER") && (on < 0 || on < len(list) && (list[on].is("DATABASE") || list[on].is("TABLESPACE"))) {
		s.beyond(list)
		return
	}
	if i := after(list, "FOR", "ROLE"); i > 0 {
		s.grantees(roles(list[i:]))
	}
	if i := max(after(list, "TO"), after(list, "FROM")); i > 0 {
		s.grantees(roles(list[i:]))
	}
	if i := after(list, "GRANTED", "BY"); i > 0 {
		s.grantees(roles(list[i:]))
	}
}

func (s *scanner) create(list []word) {
	skip := func(i int) []word {
		if starts(list[i:], "IF", "NOT", "EXISTS") {
			i += 3
		}
		return list[i:]
	}
	switch {
	case starts(list, "CREATE", "TABLE"):
		s.makes(qualified(skip(2)))
	case starts(list, "CREATE", "UNLOGGED", "TABLE"):
		s.makes(qualified(skip(3)))
	case starts(list, "CREATE", "EXTENSION"):
		if rest := skip(2); len(rest) > 0 {
			s.Extensions = append(s.Extensions, rest[0].text)
		}
	case starts(list, "CREATE", "POLICY"):
		if i := after(list, "TO"); i > 0 {
			s.grantees(roles(list[i:]))
		}
	case starts(list, "CREATE", "USER", "MAPPING"):
		if i := after(list, "FOR"); i > 0 {
			s.grantees(roles(list[i:]))
		}
	case len(list) > 1 && slices.ContainsFunc([]string{"DATABASE", "ROLE", "USER", "GROUP", "TABLESPACE"}, list[1].is):
		s.beyond(list)
	}
}

func (s *scanner) makes(name string) {
	if name != "" {
		s.Tables = append(s.Tables, name)
	}
}

func (s *scanner) alter(list []word) {
	what := list[1:]
	if starts(list, "COMMENT", "ON") {
		what = list[2:]
	}
	if starts(list, "SECURITY", "LABEL") {
		what = list[max(after(list, "ON"), 0):]
	}
	if len(what) == 0 {
		return
	}
	if starts(what, "USER", "MAPPING") {
		return
	}
	if slices.ContainsFunc([]string{"DATABASE", "ROLE", "USER", "GROUP", "TABLESPACE", "SYSTEM"}, what[0].is) {
		s.beyond(list)
		return
	}
	if i := after(list, "OWNER", "TO"); i > 0 && i < len(list) && list[i].name() {
		s.owner(list[i].text)
	}
}

// tidy sorts what was collected, so that the same dump always reads the same.
func (s *scanner) tidy() {
	for _, list := range []*[]string{&s.Tables, &s.Owners, &s.Grantees, &s.Extensions} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
}
