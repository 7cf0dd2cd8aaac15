package botapi

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"sync"
	"testing"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// echoBot answers over HTTP until the test ends.
func echoBot(t *testing.T, a api) {
	bot := library(a)
	var done sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	done.Go(func() {
		offset := 0
		for ctx.Err() == nil {
			r, err := a.try(ctx, token, "getUpdates", "offset", offset, "timeout", 30)
			if err != nil {
				return // the test is over
			}
			var updates []tgbotapi.Update
			if err := json.Unmarshal(r.Result, &updates); err != nil {
				t.Errorf("reading updates: %v", err)
				return
			}
			for _, u := range updates {
				offset = u.UpdateID + 1
				if err := react(t, bot, u); err != nil {
					t.Errorf("the test's bot: %v", err)
				}
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		done.Wait()
	})
}

func react(t *testing.T, bot *tgbotapi.BotAPI, u tgbotapi.Update) error {
	if q := u.CallbackQuery; q != nil {
		var err error
		switch q.Data {
		case "toast":
			_, err = bot.Request(tgbotapi.NewCallback(q.ID, "Toasted"))
		case "alert":
			_, err = bot.Request(tgbotapi.NewCallbackWithAlert(q.ID, "Alerted"))
		case "edit":
			if _, err = bot.Request(tgbotapi.NewCallback(q.ID, "")); err == nil {
				_, err = bot.Send(tgbotapi.NewEditMessageText(q.Message.Chat.ID, q.Message.MessageID, "edited in place"))
			}
		}
		return err
	}
	m := u.Message
	if m == nil {
		return nil // an edit
	}
	chat := m.Chat.ID
	reply := tgbotapi.NewMessage(chat, "you said "+html.EscapeString(m.Text[:min(len(m.Text), 500)]))
	reply.ParseMode = tgbotapi.ModeHTML
	var out tgbotapi.Chattable = reply
	switch m.Text {
	case "/start":
		reply.Text = "<b>Hello</b> " + m.From.FirstName
		reply.ReplyMarkup = tgbotapi.NewInlineKeyboardMarkup(
			tgbotapi.NewInlineKeyboardRow(tgbotapi.NewInlineKeyboardButtonData("Toast", "toast"), tgbotapi.NewInlineKeyboardButtonData("Alert", "alert")),
			tgbotapi.NewInlineKeyboardRow(tgbotapi.NewInlineKeyboardButtonData("Edit", "edit"), tgbotapi.NewInlineKeyboardButtonData("Never", "never")))
		out = reply
	case "/quote":
		reply.Text = "head\n<blockquote expandable>" + strings.Repeat("a line of the log\n", 12) + "the end</blockquote>\ntail <code>n8n</code>\n<pre><code class=\"language-sql\">select 1</code></pre>"
		out = reply
	case "/who":
		reply.Text = fmt.Sprintf("you are %d", m.From.ID)
		out = reply
	case "/file":
		out = tgbotapi.NewDocument(chat, tgbotapi.FileBytes{Name: "heap <b>.log", Bytes: logFile})
	case "/photo":
		out = tgbotapi.NewPhoto(chat, tgbotapi.FileBytes{Name: "c.png", Bytes: pngOf(t, 64, 32)})
	}
	_, err := bot.Send(out)
	return err
}
