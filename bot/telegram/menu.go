package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"vigie/bot"
	"vigie/ops"
)

const (
	maxCommands = 100
	maxDoc      = 256
)

var commandShape = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

// line is a line of the menu as Telegram has it.
type menuLine struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// setMenu makes the command menu: English for everybody, French for those whose Telegram is French. Without
// it the bot works as well, so failures are only logged.
func (b *Bot) setMenu(ctx context.Context) {
	if len(b.o.Commands) == 0 {
		return
	}
	for _, scope := range []string{"default", "all_private_chats"} {
		for _, l := range []struct {
			code string
			lang ops.Lang
		}{{"", ops.English}, {"fr", ops.French}} {
			if err := b.setMenuFor(ctx, scope, l.code, b.menu(l.lang)); err != nil && ctx.Err() == nil {
				b.o.Log.Warn().Err(err).Str("scope", scope).Str("language", l.code).Msg("setting the command menu")
			}
		}
	}
}

// menu words the commands; those that Telegram does not take are left out, and can still be typed.
func (b *Bot) menu(lang ops.Lang) (list []menuLine) {
	for _, c := range b.o.Commands {
		doc := bot.Short(c.Doc, lang, b.o.Redact, maxDoc)
		if !commandShape.MatchString(c.Name) || strings.TrimSpace(doc) == "" || len(list) == maxCommands {
			b.o.Log.Warn().Str("command", c.Name).Msg("telegram does not take this command into its menu")
			continue
		}
		list = append(list, menuLine{c.Name, doc})
	}
	return list
}

// setMenuFor sets a menu if it is not so already.
func (b *Bot) setMenuFor(ctx context.Context, scope, language string, want []menuLine) error {
	p := params{"scope": fmt.Sprintf(`{"type":%q}`, scope)}
	p.AddNonEmpty("language_code", language)
	var have []menuLine
	if err := b.insist(ctx, func(ctx context.Context) error { return b.api.call(ctx, "getMyCommands", p, &have) }); err != nil {
		return err
	}
	if slices.Equal(have, want) {
		return nil
	}
	list, err := json.Marshal(want)
	if err != nil {
		return err // unreachable: strings only
	}
	p["commands"] = string(list)
	return b.insist(ctx, func(ctx context.Context) error { return b.api.call(ctx, "setMyCommands", p, nil) })
}
