package commands

import (
	"context"
	"time"

	"vigie/ops"
)

// A Said is one thing a person wrote or tapped, as the transport established it.
type Said struct {
	Who     ops.Caller // Role is "" for somebody whom the config does not list
	Place   ops.Place  // where to answer: chat and topic
	Message ops.Place  // what was tapped on, or the message that the words are
	Private bool       // one person's chat: an answer there is seen by nobody else
	Text    string     // what was written; "" for a tap
	Tap     string     // the button's data; "" for words
	Key     string     // names these words: the same when a crash makes the transport give them out again; "" if it never does
	Sent    time.Time  // when the person did it, by the transport's clock; zero if unknown
	// Not words of the person's own: they are answered, never carried out.
	Edited    bool // an earlier message, changed
	Forwarded bool // somebody else's words
	Voice     bool // a voice message
}

// A Toast is the short answer to a tap, shown over the chat. The zero Toast only stops the button's spinner.
type Toast struct {
	Text  ops.Text
	Alert bool // must be dismissed by hand
}

// A Screen is the way back to people: one for each transport. It escapes, splits, folds, keeps the pace that
// the transport allows, and tries again; what it returns as an error is final.
type Screen interface {
	// Show sends a as a new message at place, or, where place names a message, edits that message.
	// Edits that arrive faster than the transport takes them are merged: only the newest is shown.
	// It returns the place of the message. lang is the reader's.
	Show(ctx context.Context, place ops.Place, lang ops.Lang, a ops.Answer) (ops.Place, error)
	// Update is Show for progress: it does not wait, and may be dropped for a newer one. Never lost: the last.
	Update(place ops.Place, lang ops.Lang, a ops.Answer)
	// Delete takes a message away, if it can: a one-time code, a secret.
	Delete(ctx context.Context, message ops.Place) error
	// Typing shows for some seconds that an answer is being made.
	Typing(place ops.Place)
	// Private is one person's own chat with the bot, if this transport has one.
	Private(id int64) (ops.Place, bool)
	// Chat is the place without the message: where a new message goes.
	Chat(place ops.Place) ops.Place
}

// forgetful is a screen that can take back what it has shown: a terminal cannot. Only there an answer for one person alone is given.
type forgetful interface{ Forgets() }
