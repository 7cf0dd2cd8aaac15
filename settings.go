package main

import (
	"context"
	"encoding/json"
	"errors"

	"vigie/ops"
)

// settings keep small pieces of state in the store, under a prefix.
type settings struct {
	store interface {
		Setting(ctx context.Context, id string) (json.RawMessage, error)
		SetSetting(ctx context.Context, id string, body json.RawMessage) error
	}
	prefix string
}

func (s settings) Load(ctx context.Context, id string) (json.RawMessage, error) {
	body, err := s.store.Setting(ctx, s.prefix+id)
	if errors.Is(err, ops.ErrNoDoc) {
		return nil, nil
	}
	return body, err
}

func (s settings) Save(ctx context.Context, id string, body json.RawMessage) error {
	return s.store.SetSetting(ctx, s.prefix+id, body)
}

// oneSetting is a single one of them.
type oneSetting struct{ settings }

func (s oneSetting) Load(ctx context.Context) (json.RawMessage, error) {
	return s.settings.Load(ctx, "")
}
func (s oneSetting) Save(ctx context.Context, body json.RawMessage) error {
	return s.settings.Save(ctx, "", body)
}
