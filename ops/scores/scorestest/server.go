// Package scorestest is a stand-in for a PostgreSQL with a table model_scores: it speaks the wire protocol, for transcripts, which
// have no network. It knows the one question that is asked and refuses every other. A test asks it and a real PostgreSQL the same.
package scorestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
)

// A Row is one of the table.
type Row struct {
	Model           string
	Score           int
	Calls, Good     int64
	Likes, Dislikes int64
	Cost, Latency   float64 // USD and ms a call
	Updated         time.Time
}

// A Server is a PostgreSQL.
type Server struct {
	mu    sync.Mutex // guards all below
	rows  []Row
	state string
}

// Put adds rows. They are given out in the order of the question: by score, calls, name.
func (s *Server) Put(rows ...Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = append(s.rows, rows...)
}

// Break sets what is wrong: "down", "locked" (it lets nobody in), "gone" (there is no table), "secret" (the table may not be read);
// "" is nothing.
func (s *Server) Break(how string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = how
}

// Dial connects to the server, whatever the address.
func (s *Server) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == "down" {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
	}
	here, there := net.Pipe()
	go s.serve(there) // ends when the other end is closed
	return here, nil
}

// Look finds every host.
func (s *Server) Look(context.Context, string) ([]string, error) { return []string{"127.0.0.1"}, nil }

func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	b := pgproto3.NewBackend(conn, conn)
	if !s.greet(b, conn) {
		return
	}
	asked := false
	for {
		m, err := b.Receive()
		if err != nil {
			return
		}
		switch m := m.(type) {
		case *pgproto3.Query:
			s.simple(b, m.String)
		case *pgproto3.Parse:
			asked = s.knows(m.Query)
			if !asked {
				b.Send(refuse("42601", "scorestest does not know this question: "+m.Query))
				continue
			}
			b.Send(&pgproto3.ParseComplete{})
		case *pgproto3.Bind:
			b.Send(&pgproto3.BindComplete{})
		case *pgproto3.Describe:
			b.Send(described())
		case *pgproto3.Execute:
			if asked {
				s.answer(b)
			}
		case *pgproto3.Sync:
			b.Send(&pgproto3.ReadyForQuery{TxStatus: 'T'})
		case *pgproto3.Terminate:
			return
		}
		if b.Flush() != nil {
			return
		}
	}
}

// greet is everything before the first question.
func (s *Server) greet(b *pgproto3.Backend, conn net.Conn) bool {
	m, err := b.ReceiveStartupMessage()
	if _, ok := m.(*pgproto3.SSLRequest); ok && err == nil { // not here
		if _, err := conn.Write([]byte("N")); err != nil {
			return false
		}
		m, err = b.ReceiveStartupMessage()
	}
	start, ok := m.(*pgproto3.StartupMessage)
	if err != nil || !ok {
		return false
	}
	s.mu.Lock()
	locked := s.state == "locked"
	s.mu.Unlock()
	if locked {
		b.Send(refuse("28P01", fmt.Sprintf("password authentication failed for user %q", start.Parameters["user"])))
		_ = b.Flush() // nothing follows
		return false
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	b.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	b.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	return b.Flush() == nil
}

// simple answers what has no arguments: the transaction, which must be one that cannot write, and its limits.
func (s *Server) simple(b *pgproto3.Backend, question string) {
	switch {
	case question == "begin read only":
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte("BEGIN")})
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'T'})
	case question == "commit", question == "rollback":
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte(strings.ToUpper(question))})
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	case strings.HasPrefix(question, "SELECT set_config('statement_timeout'"):
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'T'})
	default:
		b.Send(refuse("42601", "scorestest does not know this: "+question))
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	}
}

func (s *Server) knows(question string) bool {
	return strings.HasPrefix(question, "SELECT model, coalesce(score, 50)::int,") && strings.Contains(question, "FROM model_scores ORDER BY 2 DESC, 3 DESC, 1 LIMIT $1")
}

func refuse(code, why string) *pgproto3.ErrorResponse {
	return &pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: code, Message: why}
}

func described() *pgproto3.RowDescription {
	var d pgproto3.RowDescription
	for i, oid := range []uint32{pgtype.TextOID, pgtype.Int4OID, pgtype.Int8OID, pgtype.Int8OID, pgtype.Int8OID, pgtype.Int8OID, pgtype.Float8OID, pgtype.Float8OID, pgtype.TimestamptzOID} {
		d.Fields = append(d.Fields, pgproto3.FieldDescription{Name: []byte(fmt.Sprint("c", i)), DataTypeOID: oid, DataTypeSize: -1, TypeModifier: -1})
	}
	return &d
}
