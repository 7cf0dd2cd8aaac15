package litellm

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// nameKeys asks once an hour, and for every new key, what people call the keys. Where that cannot be read, hashes do as well.
func (x *session) nameKeys(ctx context.Context, now hour) error {
	if !x.schema.can(keyTable, "token", "key_alias") {
		return nil
	}
	keys, fresh := map[string]bool{}, x.named != now
	x.mu.RLock()
	look := func(b *bucket) {
		for l := range b.Lines {
			if _, asked := x.book.Names[l.Key]; hashed.MatchString(l.Key) {
				keys[l.Key], fresh = true, fresh || !asked
			}
		}
	}
	for _, b := range x.book.Hours {
		look(b)
	}
	for _, b := range x.book.Days {
		look(b)
	}
	x.mu.RUnlock()
	if !fresh || len(keys) == 0 {
		return nil
	}
	names := make(map[string]string, len(keys))
	err := x.within(ctx, lookTime, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT token, COALESCE(key_alias, '') FROM "`+keyTable+`" WHERE token = ANY($1::text[])`, slices.Collect(maps.Keys(keys)))
		if err != nil {
			return err
		}
		var token, alias string
		_, err = pgx.ForEachRow(rows, []any{&token, &alias}, func() error { names[token] = cut(alias); return nil })
		return err
	})
	if err != nil {
		return fmt.Errorf("asking for the names of the keys: %w", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for key := range keys {
		if x.book.Names[key] == "" || names[key] != "" { // a key that was deleted keeps its name
			x.book.Names[key] = names[key]
		}
	}
	x.named = now
	return nil
}
