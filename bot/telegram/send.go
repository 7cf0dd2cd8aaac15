package telegram

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"vigie/bot"
	"vigie/commands"
	"vigie/ops"
)

const (
	maxCaption = 1024     // UTF-16 units
	maxPhoto   = 10 << 20 // larger pictures are sent as documents
)

// sent is what we want to know of a message that was sent.
type sent struct {
	ID int `json:"message_id"`
}

// deliver makes call whenever it is t's turn, until it is done, refused for good, or ctx ends.
func (b *Bot) deliver(ctx context.Context, t *turn, call func(context.Context) error) error {
	pause := pauses()
	for {
		if err := t.wait(ctx); err != nil {
			return fmt.Errorf("waiting to send: %w", err)
		}
		err := call(ctx)
		if err == nil || final(err) || ctx.Err() != nil {
			t.rest(0)
			return err
		}
		wait := b.failed(err, pause)
		if refused(err).RetryAfter > 0 {
			t.hold(wait)
		}
		t.rest(wait)
	}
}

// inChat does something in the chat of p, and again in the one that the group has become meanwhile.
func (b *Bot) inChat(ctx context.Context, p place, urgent bool, do func(p place, t *turn) error) error {
	for tries := 0; ; tries++ {
		p = b.now(p)
		t := b.pace.join(p.chat, urgent)
		err := do(p, t)
		t.leave()
		to := refused(err).MigrateTo
		if to == 0 || tries == 3 {
			return err
		}
		b.moved(p.chat, to)
	}
}

// target gives the parameters that say where something goes.
func (p place) target() params {
	out := params{"chat_id": strconv.FormatInt(p.chat, 10)}
	out.AddNonZero("message_id", p.message)
	if p.message == 0 && p.thread > generalTopic {
		out.AddNonZero("message_thread_id", p.thread)
	}
	return out
}

// post calls a method that shows something. What Telegram refuses of the form is taken away, so that the
// words arrive: formatting, buttons, a topic that is gone.
func (b *Bot) post(ctx context.Context, method string, p params, plain string, file *ops.File) (out sent, err error) {
	field := "text"
	if _, isCaption := p["caption"]; isCaption {
		field = "caption"
	}
	for {
		if file == nil {
			err = b.api.call(ctx, method, p, &out)
		} else {
			err = b.upload(ctx, method, p, *file, &out)
		}
		lost := ""
		switch {
		case notModified(err): // its words name the markup too, and nothing is wrong with that
			return out, err
		case says(err, "can't parse entities") && p["parse_mode"] != "":
			p[field], lost = plain, "parse_mode"
		case says(err, "thread not found", "TOPIC_CLOSED", "TOPIC_DELETED") && p["message_thread_id"] != "":
			lost = "message_thread_id"
		case says(err, "reply markup", "keyboard", "BUTTON_") && p["reply_markup"] != "":
			lost = "reply_markup"
		default:
			return out, err
		}
		delete(p, lost)
		b.o.Log.Error().Err(err).Str("without", lost).Msg("telegram refused the form of a message; sent again more simply")
	}
}

func (b *Bot) upload(ctx context.Context, method string, p params, f ops.File, out *sent) error {
	field := "document"
	switch method {
	case "sendPhoto":
		field = "photo"
	case "editMessageMedia":
		field = "photo"
		p = inMedia(p, field)
	}
	if len(f.Data) == 0 { // Telegram refuses empty files
		f.Data = []byte("\n")
	}
	return b.api.upload(ctx, method, p, field, f, out)
}

// sendPart sends one message.
func (b *Bot) sendPart(ctx context.Context, p place, t *turn, part bot.Part, rows [][]bot.Button, loud bool) (place, error) {
	base := p.at(0).target()
	base["text"], base["parse_mode"] = part.HTML, "HTML"
	base["link_preview_options"] = `{"is_disabled":true}`
	base.AddBool("disable_notification", !loud)
	base.AddNonEmpty("reply_markup", b.keyboard(ctx, rows))
	var out sent
	err := b.deliver(ctx, t, func(ctx context.Context) (err error) {
		out, err = b.post(ctx, "sendMessage", maps.Clone(base), part.Text, nil)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("sending a message: %w", err)
	}
	b.stats.sends.Add(1)
	return p.at(out.ID), nil
}

// sendFile sends a file with a caption. A picture that Telegram does not take as such goes as a document.
func (b *Bot) sendFile(ctx context.Context, p place, t *turn, f ops.File, caption bot.Part, rows [][]bot.Button, loud bool) (place, error) {
	base := p.at(0).target()
	if caption.HTML != "" {
		base["caption"], base["parse_mode"] = caption.HTML, "HTML"
	}
	base.AddBool("disable_notification", !loud)
	base.AddNonEmpty("reply_markup", b.keyboard(ctx, rows))
	method := "sendDocument"
	if isPhoto(f) {
		method = "sendPhoto"
	}
	var out sent
	err := b.deliver(ctx, t, func(ctx context.Context) (err error) {
		out, err = b.post(ctx, method, maps.Clone(base), caption.Text, &f)
		if method == "sendPhoto" && says(err, "PHOTO", "IMAGE_PROCESS", "too big for a photo") {
			method = "sendDocument"
			out, err = b.post(ctx, method, maps.Clone(base), caption.Text, &f)
		}
		return err
	})
	if err != nil {
		return p, fmt.Errorf("sending the file %s: %w", f.Name, err)
	}
	b.stats.sends.Add(1)
	if method == "sendPhoto" {
		b.paint(p.at(out.ID), canvas{sum: sha256.Sum256(f.Data), at: time.Now()})
	}
	return p.at(out.ID), nil
}

func isPhoto(f ops.File) bool {
	switch f.Type {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return len(f.Data) <= maxPhoto
	}
	return false
}

// keyboard writes the buttons; "" if there are none.
func (b *Bot) keyboard(ctx context.Context, rows [][]bot.Button) string {
	type button struct {
		Text  string `json:"text"`
		Data  string `json:"callback_data"`
		Style string `json:"style,omitempty"`
	}
	var all [][]button
	for _, row := range rows {
		var out []button
		for _, btn := range row {
			data, fits := commands.EncodeTap(btn.Button)
			if !fits || strings.HasPrefix(data, keptTap) {
				data = b.keep(ctx, data)
			}
			style := ""
			if btn.Bad {
				style = "danger"
			}
			out = append(out, button{btn.Label, data, style})
		}
		all = append(all, out)
	}
	if len(all) == 0 {
		return ""
	}
	text, err := json.Marshal(map[string]any{"inline_keyboard": all})
	if err != nil {
		return "" // unreachable: strings only
	}
	return string(text)
}

// isGone says that a message cannot be edited any more, whatever the new content.
func isGone(err error) bool {
	return says(err, "message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID", "message identifier is not specified")
}

// notModified says that a message reads so already: an edit whose confirmation was lost, for one.
func notModified(err error) bool { return says(err, "message is not modified") }

func isMedia(err error) bool { return says(err, "there is no text in the message to edit") }

// remove deletes a message. One that is not there any more is as good as deleted.
func (b *Bot) remove(ctx context.Context, p place) error {
	err := b.insist(ctx, func(ctx context.Context) error { return b.api.call(ctx, "deleteMessage", p.target(), nil) })
	if says(err, "message to delete not found") {
		return nil
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("deleting a message: %w", err)
	}
	return err
}
