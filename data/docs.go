package data

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"vigie/ops"
)

// setting is the kind of document that small state is kept in.
const setting = "setting"

// Save implements [ops.Store]. The store stamps doc.Updated itself.
func (s *Store) Save(ctx context.Context, doc ops.Doc, entries ...ops.Entry) (int64, error) {
	if err := fits(doc); err != nil {
		return 0, err
	}
	doc.Body = bytes.Clone(doc.Body) // the caller may leave before it is written
	mine := slices.Clone(entries)
	var saved bool
	err := s.write(ctx, func(ctx context.Context, t *tx) (err error) {
		if saved, err = t.save(ctx, doc); err != nil || !saved {
			return err
		}
		_, err = t.journal(ctx, mine)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("saving %s %s: %w", doc.Kind, doc.ID, err)
	}
	if !saved {
		return 0, fmt.Errorf("saving %s %s: %w", doc.Kind, doc.ID, ops.ErrConflict)
	}
	return doc.Version + 1, nil
}

// fits refuses what one of the databases could not give back byte for byte.
func fits(doc ops.Doc) error {
	if doc.Kind == "" || doc.ID == "" || doc.Version < 0 {
		return fmt.Errorf("a document needs a kind and an id, and a version from 0: %q %q %d", doc.Kind, doc.ID, doc.Version)
	}
	for _, text := range []string{doc.Kind, doc.ID, doc.State} {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return fmt.Errorf("a document's kind, id and state are text: %q %q %q", doc.Kind, doc.ID, doc.State)
		}
	}
	if !json.Valid(doc.Body) || !utf8.Valid(doc.Body) {
		return fmt.Errorf("the body of %s %s is not JSON", doc.Kind, doc.ID)
	}
	return nil
}

// fresh inserts version 1 of a document, after all others.
const fresh = `INSERT INTO docs (num, kind, id, state, version, updated, body)
	VALUES ((SELECT COALESCE(MAX(num), 0) + 1 FROM docs), $1, $2, $3, 1, $4, $5) ON CONFLICT (kind, id) `

// save writes doc unless it has another version by now.
func (t *tx) save(ctx context.Context, doc ops.Doc) (saved bool, err error) {
	if doc.Version == 0 {
		saved, err = t.changed(ctx, fresh+"DO NOTHING", doc.Kind, doc.ID, doc.State, millis(t.now), string(doc.Body))
	} else {
		saved, err = t.changed(ctx, `UPDATE docs SET state = $1, version = version + 1, updated = $2, body = $3
			WHERE kind = $4 AND id = $5 AND version = $6`, doc.State, millis(t.now), string(doc.Body), doc.Kind, doc.ID, doc.Version)
	}
	if err != nil {
		return false, fmt.Errorf("writing the document: %w", err)
	}
	return saved, nil
}

const docColumns = "kind, id, state, version, updated, body"

// Load implements [ops.Store].
func (s *Store) Load(ctx context.Context, kind, id string) (ops.Doc, error) {
	list, err := s.docs(ctx, "SELECT "+docColumns+" FROM docs WHERE kind = $1 AND id = $2", kind, id)
	if err == nil && len(list) == 0 {
		err = ops.ErrNoDoc
	}
	if err != nil {
		return ops.Doc{}, fmt.Errorf("loading %s %s: %w", kind, id, err)
	}
	return list[0], nil
}

// List implements [ops.Store]: the oldest is the one that was first saved first.
func (s *Store) List(ctx context.Context, kind string, states ...string) ([]ops.Doc, error) {
	query, args := "SELECT "+docColumns+" FROM docs WHERE kind = $1", []any{kind}
	if len(states) > 0 {
		in := make([]string, len(states))
		for i, state := range states {
			args = append(args, state)
			in[i] = fmt.Sprintf("$%d", len(args))
		}
		query += " AND state IN (" + strings.Join(in, ", ") + ")"
	}
	list, err := s.docs(ctx, query+" ORDER BY num", args...)
	if err != nil {
		return nil, fmt.Errorf("listing %ss: %w", kind, err)
	}
	return list, nil
}

func (s *Store) docs(ctx context.Context, query string, args ...any) (list []ops.Doc, err error) {
	rows, err := s.reads.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.engine.explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		var d ops.Doc
		var ms int64
		var body string
		if err := rows.Scan(&d.Kind, &d.ID, &d.State, &d.Version, &ms, &body); err != nil {
			return nil, err
		}
		d.Updated, d.Body = moment(ms), json.RawMessage(body)
		list = append(list, d)
	}
	return list, s.engine.explain(rows.Err())
}

// Setting returns a small piece of state (an offset, a person's language), or [ops.ErrNoDoc].
func (s *Store) Setting(ctx context.Context, id string) (json.RawMessage, error) {
	doc, err := s.Load(ctx, setting, id)
	return doc.Body, err
}

// SetSetting writes a setting, whatever it was: the last one wins. For more care there is [Store.Save].
func (s *Store) SetSetting(ctx context.Context, id string, body json.RawMessage) error {
	doc := ops.Doc{Kind: setting, ID: id, Body: bytes.Clone(body)}
	if err := fits(doc); err != nil {
		return err
	}
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.ExecContext(ctx, fresh+`DO UPDATE SET version = docs.version + 1, updated = excluded.updated, body = excluded.body`,
			doc.Kind, doc.ID, doc.State, millis(t.now), string(doc.Body))
		return err
	})
	if err != nil {
		return fmt.Errorf("saving setting %s: %w", id, err)
	}
	return nil
}

// noRows turns an empty answer into a zero.
func noRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
