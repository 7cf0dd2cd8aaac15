package alerts

import (
	"context"

	"vigie/ops"
)

type boardParams struct {
	Do string `doc:"on or off" fr:"on ou off" choices:"on,off" default:"on"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "alerts.board", Command: "board", Theme: theme, Acts: true, Examples: []string{"off"},
	Doc: ops.T("Pin a message here that always shows the present state.", "Épingler ici un message qui montre toujours l’état présent."),
	Phrases: []ops.Text{
		ops.T("pin the state here", "épingle l’état ici"),
		ops.T("pin the board", "épingle le tableau"), ops.T("pin the status", "épingle l’état"),
	},
}, func(ctx context.Context, e *Engine, p boardParams) (ops.Answer, error) {
	who, err := operator(ctx, ops.T("Pinning the board", "Épingler le tableau"))
	if err != nil {
		return ops.Answer{}, err
	}
	chat := ops.Where(ctx)
	if chat == "" || e.o.Screen == nil {
		return ops.Say(ops.T("⚪ There is nothing to pin to here.", "⚪ Il n’y a rien où épingler ici.")), nil
	}
	chat = e.o.Screen.Chat(chat)
	was := false
	err = e.with(ctx, true, func(b *book) {
		o := b.boards[chat]
		was = o != nil && !o.Gone
		if o == nil {
			o = &Board{Chat: chat}
			b.boards[chat] = o
		}
		o.Gone, o.Lang = p.Do == "off", who.Lang
		if o.Gone && o.Place != "" {
			e.o.Screen.Update(o.Place, o.Lang, ops.Say(ops.T("⚪ this board is not kept up any more", "⚪ ce tableau n’est plus tenu à jour")))
		}
		if !was { // a new message, at the end of the chat
			o.Place, o.Shown = "", ""
		}
		b.saver.touch(o)
	})
	if err != nil {
		return ops.Answer{}, err
	}
	a := ops.Say(ops.T("🟢 The board is pinned here. %s takes it away again.", "🟢 Le tableau est épinglé ici. %s le retire.", ops.Name("/board off")))
	switch {
	case p.Do == "off" && was:
		a = ops.Say(ops.T("⚪ The board is not kept up any more.", "⚪ Le tableau n’est plus tenu à jour."))
	case p.Do == "off":
		a = ops.Say(ops.T("⚪ There is no board here.", "⚪ Il n’y a pas de tableau ici."))
	case was:
		a = ops.Say(ops.T("⚪ It is pinned here already.", "⚪ Il est déjà épinglé ici."))
	}
	return a, nil
})
