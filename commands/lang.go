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
		if l, err = d.storedLang(ctx, who.ID); err != nil {
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
	switch {
	case l != "":
		return l
	case who.Lang == ops.French:
		return ops.French
	}
	return ops.English
}

func (d *Desk) storedLang(ctx context.Context, id int64) (l ops.Lang, err error) {
	doc, err := d.Store.Load(ctx, "setting", langID(id))
	if errors.Is(err, ops.ErrNoDoc) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return l, json.Unmarshal(doc.Body, &l)
}

func langID(id int64) string { return fmt.Sprintf("lang/%d", id) }

// setLang keeps a person's choice.
func (d *Desk) setLang(ctx context.Context, id int64, l ops.Lang) error {
	body, err := json.Marshal(l)
	if err != nil {
		return err // unreachable: a Lang is a string
	}
	for {
		doc, err := d.Store.Load(ctx, "setting", langID(id))
		if err != nil && !errors.Is(err, ops.ErrNoDoc) {
			return err
		}
		_, err = d.Store.Save(ctx, ops.Doc{Kind: "setting", ID: langID(id), Version: doc.Version, Updated: time.Now(), Body: body})
		if errors.Is(err, ops.ErrConflict) {
			continue
		}
		if err == nil {
			d.mu.Lock()
			d.langs[id] = l
			d.mu.Unlock()
		}
		return err
	}
}
