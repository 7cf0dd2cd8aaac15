package telegram

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// An Update is what Telegram tells, under its number, as it was sent.
type Update struct {
	ID   int64
	Body []byte
}

// An UpdateStore keeps updates until they are handled, so that none is lost and none is handled twice.
type UpdateStore interface {
	// Record keeps updates durably and returns those that were not there before.
	Record(ctx context.Context, source string, updates []Update) (fresh []Update, err error)
	// Unhandled gives what was recorded and not marked as handled, in order.
	Unhandled(ctx context.Context, source string) ([]Update, error)
	// Handled marks updates; it may be lazy.
	Handled(ctx context.Context, source string, ids ...int64) error
	// Setting and SetSetting keep small pieces of state. A setting that is not there is an error.
	Setting(ctx context.Context, id string) (json.RawMessage, error)
	SetSetting(ctx context.Context, id string, body json.RawMessage) error
}

// A Keeper is an UpdateStore with a type of its own for updates.
type Keeper[U ~struct {
	ID   int64
	Body []byte
}] interface {
	Record(ctx context.Context, source string, updates []U) (fresh []U, err error)
	Unhandled(ctx context.Context, source string) ([]U, error)
	Handled(ctx context.Context, source string, ids ...int64) error
	Setting(ctx context.Context, id string) (json.RawMessage, error)
	SetSetting(ctx context.Context, id string, body json.RawMessage) error
}

// StoreOf makes an UpdateStore of a Keeper.
func StoreOf[U ~struct {
	ID   int64
	Body []byte
}](k Keeper[U]) UpdateStore {
	return keeper[U]{k}
}

type keeper[U ~struct {
	ID   int64
	Body []byte
}] struct{ Keeper[U] }

func (k keeper[U]) Record(ctx context.Context, source string, updates []Update) ([]Update, error) {
	theirs := make([]U, len(updates))
	for i, u := range updates {
		theirs[i] = U(u)
	}
	fresh, err := k.Keeper.Record(ctx, source, theirs)
	return ours(fresh), err
}

func (k keeper[U]) Unhandled(ctx context.Context, source string) ([]Update, error) {
	list, err := k.Keeper.Unhandled(ctx, source)
	return ours(list), err
}

func ours[U ~struct {
	ID   int64
	Body []byte
}](list []U) []Update {
	out := make([]Update, len(list))
	for i, u := range list {
		out[i] = Update(u)
	}
	return out
}

// keptTap begins the data of a button whose real data is too long for it, and is in the store.
const keptTap = "k:"

// keep gives the short data that stands for data. The same data always gets the same: refreshing a message
// does not fill the store.
func (b *Bot) keep(ctx context.Context, data string) string {
	sum := sha256.Sum256([]byte(data))
	id := base64.RawURLEncoding.EncodeToString(sum[:15])
	b.mu.Lock()
	known := b.kept[id]
	b.mu.Unlock()
	if known {
		return keptTap + id
	}
	body, err := json.Marshal(data)
	if err == nil {
		err = b.o.Store.SetSetting(ctx, "tap:"+id, body)
	}
	if err != nil { // the button stands there all the same; a tap on it is answered with «ask again»
		b.o.Log.Error().Err(err).Msg("keeping what a button carries")
		return keptTap + id
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.kept) > 10_000 {
		clear(b.kept)
	}
	b.kept[id] = true
	return keptTap + id
}

// tapped gives the real data of a button.
func (b *Bot) tapped(ctx context.Context, data string) string {
	id, isKept := strings.CutPrefix(data, keptTap)
	if !isKept || len(id) != 20 {
		return data
	}
	body, err := b.o.Store.Setting(ctx, "tap:"+id)
	var real string
	if err == nil {
		err = json.Unmarshal(body, &real)
	}
	if err != nil {
		b.o.Log.Info().Err(fmt.Errorf("reading what a button carries: %w", err)).Send()
		return data
	}
	return real
}
