package postgres

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A script is what a reading of SQL, as pg_dump and pg_restore write it, found.
type script struct {
	Contents
	complete bool   // its last line is there
	meta     string // the first command to psql in it; such a command could reach out of the database
	wide     string // the first statement about something other than the one database
	transact bool   // it begins and ends transactions of its own, as scripts with large objects do
}

const (
	complete   = "-- PostgreSQL database dump complete"
	dumpedFrom = "-- Dumped from database version "
)

// errMeta is the end of a script that would command psql.
var errMeta = errors.New("a command to psql in the script")

// A scanner goes through a script once, byte by byte outside of the rows, in constant memory.
type scanner struct {
	script
	lex     lexer
	table   string // whose rows are being read
	copying bool
	rows    int64
}

// scan reads a script to its end. It passes everything on to w, if there is one, but for the commands to psql that pg_dump
// itself writes (\restrict), and ends with errMeta before any other such command.
func scan(r io.Reader, w io.Writer) (script, error) {
	s := &scanner{}
	s.Rows = map[string]int64{}
	in := bufio.NewReaderSize(r, 64<<10)
	for begins := true; ; {
		part, err := in.ReadSlice('\n')
		s.Text += int64(len(part))
		ends := err == nil
		if len(part) > 0 {
			pass := s.take(part, begins, ends)
			if s.meta != "" && w != nil {
				return s.script, errMeta
			}
			if w != nil && pass {
				if _, err := w.Write(part); err != nil {
					return s.script, fmt.Errorf("passing the script on: %w", err)
				}
			}
		}
		switch {
		case err == nil:
			begins = true
		case errors.Is(err, bufio.ErrBufferFull):
			begins = false
		case errors.Is(err, io.EOF):
			if s.copying {
				s.complete = false
			}
			s.tidy()
			return s.script, nil
		default:
			return s.script, fmt.Errorf("reading the script: %w", err)
		}
	}
}

// take takes a line or a part of one, and says whether it may be passed on.
func (s *scanner) take(part []byte, begins, ends bool) bool {
	if s.copying {
		s.row(part, begins, ends)
		return true
	}
	if begins && s.lex.idle() {
		if skip := s.line(part); skip {
			return false
		}
	}
	for _, c := range part {
		if statement := s.lex.next(c); statement != "" {
			s.statement(words(statement))
		}
	}
	if s.lex.meta && s.meta == "" {
		s.meta = quoted(part)
	}
	if ends && s.table != "" {
		s.copying, s.rows = true, 0
	}
	return true
}

// row counts a row, or ends the table.
func (s *scanner) row(part []byte, begins, ends bool) {
	if !begins {
		return
	}
	if ends && string(bytes.TrimRight(part, "\r\n")) == `\.` {
		s.Rows[s.table] += s.rows
		s.table, s.copying = "", false
		return
	}
	s.rows++
}

// line looks at a line between two statements: comments that tell something, and commands to psql.
func (s *scanner) line(part []byte) (skip bool) {
	if len(part) < 2 || part[0] != '-' && part[0] != '\\' {
		return false
	}
	line := strings.TrimRight(string(part[:min(len(part), 200)]), "\r\n")
	switch {
	case strings.HasPrefix(line, `\restrict `), strings.HasPrefix(line, `\unrestrict `):
		return true
	case line == complete:
		s.complete = true
	case strings.HasPrefix(line, dumpedFrom):
		s.Version, _, _ = strings.Cut(line[len(dumpedFrom):], " ")
	}
	return false
}

// quoted is the beginning of a line, to be shown.
func quoted(line []byte) string { return cut(string(line), 60) }
