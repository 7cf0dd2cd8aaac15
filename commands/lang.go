package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vigie/ops"
)

// lang is the language a person is answered in: the one they chose, else the one their app speaks.
func (d *Desk) lang(ctx context.Context, who ops.Caller) ops.Lang {
	d.mu.Lock()
	l, known := d.langs[who.ID]
	d.mu.Unlock()
	if !known {
		var err error
		if l, err = d.storedLang(ctx, langID(who.ID)); err != nil {
			d.broken(fmt.Errorf("reading a person's language: %w", err))
			return who.Lang
		}
		d.mu.Lock()
		if d.langs == nil {
			d.langs = map[int64]ops.Lang{}
		}
		d.langs[who.ID] = l
		d.mu.Unlock()
	}
	if l == "" {
		l = who.Lang
	}
	if l == "" { // nobody wrote: what the person's app spoke when they last did
		l = d.heard(ctx, who.ID)
	}
	if l != ops.French {
		return ops.English
	}
	return l
}

// heard is the language that a person's app spoke when they last wrote; "" if they never did.
func (d *Desk) heard(ctx context.Context, id int64) ops.Lang {
	d.mu.Lock()
	l, known := d.apps[id]
	d.mu.Unlock()
	if known {
		return l
	}
	l, err := d.storedLang(ctx, heardID(id))
	if err != nil {
		d.broken(fmt.Errorf("reading a person's language: %w", err))
		return ""
	}
	d.remembers(id, l)
	return l
}

func (d *Desk) remembers(id int64, l ops.Lang) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.apps == nil {
		d.apps = map[int64]ops.Lang{}
	}
	d.apps[id] = l
}

// hear remembers the language of a person's app: alerts come to people who have not written for long.
func (d *Desk) hear(ctx context.Context, who ops.Caller) {
	if who.Lang == "" || d.heard(ctx, who.ID) == who.Lang {
		return
	}
	if err := d.keepLang(ctx, heardID(who.ID), who.Lang); err != nil {
		d.broken(fmt.Errorf("remembering a person's language: %w", err))
		return
	}
	d.remembers(who.ID, who.Lang)
}

func (d *Desk) storedLang(ctx context.Context, id string) (l ops.Lang, err error) {
	doc, err := d.Store.Load(ctx, "setting", id)
	if errors.Is(err, ops.ErrNoDoc) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return l, json.Unmarshal(doc.Body, &l)
}

func langID(id int64) string  { return fmt.Sprintf("lang/%d", id) }
func heardID(id int64) string { return fmt.Sprintf("heard/%d", id) }

// setLang keeps a person's choice.
func (d *Desk) setLang(ctx context.Context, id int64, l ops.Lang) error {
	if err := d.keepLang(ctx, langID(id), l); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.langs[id] = l
	return nil
}

func (d *Desk) keepLang(ctx context.Context, id string, l ops.Lang) error {
	body, err := json.Marshal(l)
	if err != nil {
		return err // unreachable: a Lang is a string
	}
	for {
		doc, err := d.Store.Load(ctx, "setting", id)
		if err != nil && !errors.Is(err, ops.ErrNoDoc) {
			return err
		}
		_, err = d.Store.Save(ctx, ops.Doc{Kind: "setting", ID: id, Version: doc.Version, Updated: time.Now(), Body: body})
		if errors.Is(err, ops.ErrConflict) {
			continue
		}
		return err
	}
}
